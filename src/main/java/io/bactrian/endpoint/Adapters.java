package io.bactrian.endpoint;

import java.time.Instant;
import java.util.Set;

/**
 * The LoRA adapters an endpoint last reported.
 *
 * @param running those loaded for requests that run
 * @param waiting those that requests wait for
 * @param max how many can be loaded at once
 * @param observedAt when the report was read, by the router's clock
 */
public record Adapters(Set<String> running, Set<String> waiting, int max, Instant observedAt) {
    public Adapters {
        running = Set.copyOf(running);
        waiting = Set.copyOf(waiting);
        if (max < 0) {
            throw new IllegalArgumentException("max: " + max + " (expected: >= 0)");
        }
    }
}
