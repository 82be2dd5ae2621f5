package io.bactrian.scheduling.picker;

import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The pickers a scheduling profile may name, by their {@code type} in the configuration. */
public final class Pickers {
    public static final Map<String, PluginFactory<Picker>> CATALOG = Map.of("max-score-picker", MaxScorePicker::create);

    /** The type used by a profile that names no picker. */
    public static final String DEFAULT_TYPE = "max-score-picker";

    private Pickers() {}
}
