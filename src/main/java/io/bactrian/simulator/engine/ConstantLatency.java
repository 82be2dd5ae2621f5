package io.bactrian.simulator.engine;

import java.util.random.RandomGenerator;

/**
 * The same delay before every first token, however long the prompt.
 *
 * @param firstTokenNanos mean time to first token at an idle engine
 * @param firstTokenDeviationNanos its standard deviation, at most 30 % of the mean
 * @param following the delay of later tokens
 */
public record ConstantLatency(double firstTokenNanos, double firstTokenDeviationNanos, TokenLatency following)
        implements SequenceLatency {
    public ConstantLatency {
        SequenceLatency.requireDelay("timeToFirstToken", firstTokenNanos, firstTokenDeviationNanos);
    }

    @Override
    public double firstTokenNanos(int uncachedPromptTokens, double loadFactor, RandomGenerator random) {
        return Noise.around(firstTokenNanos * loadFactor, firstTokenDeviationNanos, random);
    }
}
