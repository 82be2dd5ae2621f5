package io.bactrian.scheduling.admitter;

import io.bactrian.scheduling.Admitter;
import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The admitters a policy may name, by their {@code type} in the configuration. */
public final class Admitters {
    public static final Map<String, PluginFactory<Admitter>> CATALOG =
            Map.of(ProbabilisticAdmitter.TYPE, ProbabilisticAdmitter::create);

    private Admitters() {}
}
