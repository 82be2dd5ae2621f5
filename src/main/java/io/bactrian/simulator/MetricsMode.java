package io.bactrian.simulator;

import java.util.Locale;

/** What a simulated model server answers when asked for its metrics. */
public enum MetricsMode {
    /** The truth. */
    LIVE,
    /** The page as it was when this mode began. */
    FROZEN,
    /** Gauges that are not a number. */
    NAN,
    /** Status 500. */
    FAILING;

    /** Returns the name used in configuration. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Finds a mode by the name used in configuration. */
    public static MetricsMode of(String word) {
        for (MetricsMode mode : values()) {
            if (mode.word().equals(word)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("metrics-mode: " + word + " (expected: live, frozen, nan or failing)");
    }
}
