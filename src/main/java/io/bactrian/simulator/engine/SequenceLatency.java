package io.bactrian.simulator.engine;

import java.util.random.RandomGenerator;

/** Times that each sequence takes by itself; the others slow it down only by a factor of the load. */
public sealed interface SequenceLatency extends LatencyModel permits ConstantLatency, PerTokenLatency {

    /** Returns the delay of the first token in nanoseconds, drawn with {@code random}. */
    double firstTokenNanos(int uncachedPromptTokens, double loadFactor, RandomGenerator random);

    /** Returns the delay of each following token. */
    TokenLatency following();

    /**
     * The delay of tokens after the first.
     *
     * @param meanNanos at an idle engine
     * @param deviationNanos standard deviation, at most 30 % of the mean
     * @param factorUnderLoad how much slower a full engine is, at least 1
     */
    record TokenLatency(double meanNanos, double deviationNanos, double factorUnderLoad) {
        public TokenLatency {
            SequenceLatency.requireDelay("interTokenLatency", meanNanos, deviationNanos);
            if (!(factorUnderLoad >= 1)) {
                throw new IllegalArgumentException("factorUnderLoad: " + factorUnderLoad + " (expected: >= 1)");
            }
        }

        double nanos(double loadFactor, RandomGenerator random) {
            return Noise.around(meanNanos * loadFactor, deviationNanos, random);
        }

        /** Returns the factor by which {@code running} of at most {@code maxSequences} sequences slow each other. */
        double loadFactor(int running, int maxSequences) {
            return maxSequences <= 1 ? 1 : 1 + (factorUnderLoad - 1) * (running - 1) / (maxSequences - 1);
        }
    }

    /** Checks that a delay is not negative and its deviation at most 30 % of it. */
    static void requireDelay(String what, double meanNanos, double deviationNanos) {
        if (!(meanNanos >= 0)) {
            throw new IllegalArgumentException(what + ": " + meanNanos + " ns (expected: >= 0)");
        }
        if (!(deviationNanos >= 0 && deviationNanos <= 0.3 * meanNanos)) {
            throw new IllegalArgumentException(
                    what + " standard deviation: " + deviationNanos + " ns (expected: 0 to 30 % of " + meanNanos + ")");
        }
    }
}
