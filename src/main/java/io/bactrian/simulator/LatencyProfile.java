package io.bactrian.simulator;

import io.bactrian.simulator.engine.LatencyModel;
import io.bactrian.simulator.engine.StepLatency;
import java.util.ArrayList;
import java.util.List;

/** Speeds of known models on known hardware, by name. */
public enum LatencyProfile {
    /** No delays at all: as fast as the machine goes. */
    INSTANT("instant", StepLatency.NONE),
    /** An 8-billion-parameter model on one H100. */
    LLAMA_8B_H100("8b-h100", StepLatency.DEFAULTS);

    private final String word;
    private final LatencyModel latency;

    LatencyProfile(String word, LatencyModel latency) {
        this.word = word;
        this.latency = latency;
    }

    /** Returns the name used in configuration. */
    public String word() {
        return word;
    }

    /** Returns how long everything takes. */
    public LatencyModel latency() {
        return latency;
    }

    /** Finds a profile by the name used in configuration. */
    public static LatencyProfile of(String word) {
        for (LatencyProfile profile : values()) {
            if (profile.word.equals(word)) {
                return profile;
            }
        }
        throw new IllegalArgumentException("profile: " + word + " (expected: one of " + new Names() + ")");
    }

    /** The names of all profiles. */
    public static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        public Names() {
            super(List.of(values()).stream().map(LatencyProfile::word).toList());
        }
    }
}
