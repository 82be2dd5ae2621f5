package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.bactrian.endpoint.Adapters;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The adapters that one page tells of, by the labels {@code running_lora_adapters}, {@code waiting_lora_adapters} and
 * {@code max_lora} of vLLM's {@code lora_requests_info}. The value of a sample is the time it was true, and vLLM leaves older
 * samples on the page: the newest counts.
 */
final class LoraInfo {
    private static final byte[] RUNNING = "running_lora_adapters".getBytes(US_ASCII);
    private static final byte[] WAITING = "waiting_lora_adapters".getBytes(US_ASCII);
    private static final byte[] MAX = "max_lora".getBytes(US_ASCII);

    /** More than any server loads: a longer list is a fault of the page. */
    private static final int MAX_ADAPTERS = 10_000;

    private double newest;
    private @Nullable String running;
    private @Nullable String waiting;
    private int max;

    void reset() {
        newest = Double.NEGATIVE_INFINITY;
        running = null;
        waiting = null;
        max = 0;
    }

    void read(MetricLine sample) {
        double time = sample.value();
        if (time > newest) { // false for NaN
            newest = time;
            running = sample.label(RUNNING);
            waiting = sample.label(WAITING);
            max = Math.max(0, sample.wholeLabel(MAX));
        }
    }

    /** Returns the adapters of the page; {@code previous} if it tells of none. */
    @Nullable
    Adapters adapters(@Nullable Adapters previous, Instant observedAt, Duration slack) {
        if (newest == Double.NEGATIVE_INFINITY) {
            return previous;
        }
        return new Adapters(names(running), names(waiting), max, observedAt, slack);
    }

    private static Set<String> names(@Nullable String list) {
        Set<String> names = new LinkedHashSet<>();
        if (list != null) {
            for (String name : list.split(",", MAX_ADAPTERS)) {
                if (!name.isBlank()) {
                    names.add(name.strip());
                }
            }
        }
        return names;
    }
}
