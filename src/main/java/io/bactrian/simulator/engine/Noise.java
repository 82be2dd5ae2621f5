package io.bactrian.simulator.engine;

import java.util.random.RandomGenerator;

/** Normally distributed delays, cut off so that no delay is absurd. */
final class Noise {
    private static final double LEAST = 0.3;
    private static final double MOST = 1.7;

    private Noise() {}

    /** Draws around {@code mean}, never outside 0.3 to 1.7 times of it. */
    static double around(double mean, double deviation, RandomGenerator random) {
        if (deviation == 0) {
            return mean;
        }
        double drawn = mean + deviation * random.nextGaussian();
        return Math.min(MOST * mean, Math.max(LEAST * mean, drawn));
    }
}
