package io.bactrian.simulator.engine;

import java.time.Duration;
import java.util.List;

/**
 * The LoRA adapters that an engine can hold.
 *
 * @param places adapters that can be loaded at one time (vLLM {@code --max-loras}); 0 for an engine without adapters
 * @param loadTimes how long loading one may take, each as likely as the others; empty for no time at all
 */
public record AdapterOptions(int places, List<Duration> loadTimes) {

    /** An engine without adapters. */
    public static final AdapterOptions NONE = new AdapterOptions(0, List.of());

    public AdapterOptions {
        loadTimes = List.copyOf(loadTimes);
        if (places < 0) {
            throw new IllegalArgumentException("places: " + places + " (expected: >= 0)");
        }
        for (Duration time : loadTimes) {
            if (time.isNegative()) {
                throw new IllegalArgumentException("loadTimes: " + time + " (expected: >= 0)");
            }
        }
    }
}
