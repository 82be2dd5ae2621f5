package io.bactrian.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * The LoRA adapters an endpoint last reported.
 *
 * @param running those loaded for requests that run
 * @param waiting those that requests wait for
 * @param max how many can be loaded at once
 * @param observedAt when the report was read, by the router's clock
 * @param slack how much longer than other reports this one holds
 */
public record Adapters(Set<String> running, Set<String> waiting, int max, Instant observedAt, Duration slack) {

    /** Adapters of a page that is read as often as any. */
    public Adapters(Set<String> running, Set<String> waiting, int max, Instant observedAt) {
        this(running, waiting, max, observedAt, Duration.ZERO);
    }

    public Adapters {
        running = Set.copyOf(running);
        waiting = Set.copyOf(waiting);
        if (max < 0) {
            throw new IllegalArgumentException("max: " + max + " (expected: >= 0)");
        }
    }
}
