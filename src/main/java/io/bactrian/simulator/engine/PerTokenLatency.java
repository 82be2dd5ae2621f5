package io.bactrian.simulator.engine;

import java.util.random.RandomGenerator;

/**
 * A first token that takes longer the more prompt tokens are not in the cache.
 *
 * @param overheadNanos of any prefill
 * @param perTokenNanos for each prompt token that is not cached
 * @param deviationNanos standard deviation of the whole prefill
 * @param following the delay of later tokens
 */
public record PerTokenLatency(double overheadNanos, double perTokenNanos, double deviationNanos, TokenLatency following)
        implements SequenceLatency {
    public PerTokenLatency {
        SequenceLatency.requireDelay("prefillOverhead", overheadNanos, 0);
        SequenceLatency.requireDelay("prefillTimePerToken", perTokenNanos, 0);
        if (!(deviationNanos >= 0 && deviationNanos <= 0.3 * Math.max(overheadNanos, perTokenNanos))) {
            throw new IllegalArgumentException("prefillTime standard deviation: " + deviationNanos
                    + " ns (expected: 0 to 30 % of " + Math.max(overheadNanos, perTokenNanos) + ")");
        }
    }

    @Override
    public double firstTokenNanos(int uncachedPromptTokens, double loadFactor, RandomGenerator random) {
        double mean = (overheadNanos + perTokenNanos * uncachedPromptTokens) * loadFactor;
        return Noise.around(mean, deviationNanos, random);
    }
}
