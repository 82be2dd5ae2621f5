package io.bactrian.simulator;

import io.bactrian.simulator.engine.LatencyModel;
import io.bactrian.simulator.engine.StepLatency;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Speeds of known models on known hardware, by the names that command lines use. */
public final class LatencyProfiles {
    /** All profiles, in the order in which help lists them. */
    public static final Map<String, LatencyModel> CATALOG = catalog();

    private LatencyProfiles() {}

    /** Returns the profile of {@code name}. */
    public static LatencyModel of(String name) {
        @Nullable LatencyModel profile = CATALOG.get(name);
        if (profile == null) {
            throw new IllegalArgumentException(
                    "profile: " + name + " (expected: one of " + String.join(", ", CATALOG.keySet()) + ")");
        }
        return profile;
    }

    private static Map<String, LatencyModel> catalog() {
        Map<String, LatencyModel> profiles = new LinkedHashMap<>();
        profiles.put("instant", StepLatency.NONE);
        profiles.put("8b-h100", StepLatency.DEFAULTS);
        // `bactrian simulate fit` on Splitwise's perf_model.csv; the errors are in docs/simulator.md.
        profiles.put("llama2-70b-h100-tp4", new StepLatency(29.10e6, 224, 105.9e3, 279.2e3, 44.2));
        profiles.put("llama2-70b-h100-tp8", new StepLatency(29.67e6, 240, 89.01e3, 210.3e3, 192.1));
        profiles.put("bloom-176b-h100-tp8", new StepLatency(35.65e6, 240, 148.9e3, 328.9e3, 188.0));
        return Collections.unmodifiableMap(profiles);
    }

    /** The names of all profiles, for the help of a command. */
    public static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        public Names() {
            super(CATALOG.keySet());
        }
    }
}
