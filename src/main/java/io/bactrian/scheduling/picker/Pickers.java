package io.bactrian.scheduling.picker;

import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.PluginParameters;
import java.util.Map;

/** The pickers a scheduling profile may name, by their {@code type} in the configuration. */
public final class Pickers {
    public static final Map<String, PluginFactory<Picker>> CATALOG = Map.of(
            "max-score-picker", MaxScorePicker::create,
            "random-picker", RandomPicker::create,
            "weighted-random-picker", WeightedRandomPicker::create);

    /** The type used by a profile that names no picker. */
    public static final String DEFAULT_TYPE = "max-score-picker";

    private Pickers() {}

    /** Reads how many endpoints are picked; as in llm-d, 0 and less stand for 1. */
    static int maxEndpoints(PluginParameters parameters) {
        return Math.max(1, parameters.integer("maxNumOfEndpoints", 1, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }
}
