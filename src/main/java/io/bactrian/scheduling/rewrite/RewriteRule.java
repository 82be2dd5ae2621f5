package io.bactrian.scheduling.rewrite;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Says which models serve the requests for one.
 *
 * @param name the resource it stands in
 * @param pool the pool whose requests it is for; empty for those of every pool
 * @param model the model a request names, exactly; empty for every model
 * @param targets among which each request is given one, by weight; never empty
 */
public record RewriteRule(String name, String pool, String model, List<Target> targets) {
    public RewriteRule {
        targets = List.copyOf(targets);
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("targets: none (expected: at least one)");
        }
    }

    /**
     * A model that serves.
     *
     * @param weight its part of the requests, relative to the sum of all; with a sum of 0 all have the same
     */
    public record Target(String model, int weight) {}

    /** Tells whether it is for requests to {@code asked}, a pool. */
    boolean isFor(String asked) {
        return pool.isEmpty() || pool.equals(asked);
    }

    /** Returns the model that serves one request. */
    public String choose(RandomGenerator random) {
        long total = 0;
        for (Target target : targets) {
            total += target.weight;
        }
        if (total == 0) {
            return targets.get(random.nextInt(targets.size())).model;
        }
        long drawn = random.nextLong(total);
        for (Target target : targets) {
            drawn -= target.weight;
            if (drawn < 0) {
                return target.model;
            }
        }
        throw new IllegalStateException("weights: " + targets + " (expected: >= 0)");
    }
}
