package io.bactrian.scheduling.identity;

import io.bactrian.scheduling.HeaderProcessor;
import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The header processors a policy may name, by their {@code type} in the configuration. */
public final class HeaderProcessors {
    public static final Map<String, PluginFactory<HeaderProcessor>> CATALOG =
            Map.of(AgentIdentity.TYPE, AgentIdentity::create);

    private HeaderProcessors() {}
}
