package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * What one scorer thinks of the candidates: from 0, the worst, to 1, the best.
 *
 * <p>A candidate may be left out, because nothing is known of it. It then gets nothing from this scorer, which is as
 * little as the worst gets: what is unknown never looks good.
 */
public final class Scores {
    private final double[] values; // values[i] rates candidates.get(i); NaN leaves it out

    private Scores(double[] values) {
        this.values = values;
    }

    /** Rates each candidate by {@code score}; NaN leaves it out, and what lies outside 0 to 1 is moved to its edge. */
    public static Scores each(List<EndpointState> candidates, ToDoubleFunction<EndpointState> score) {
        double[] values = new double[candidates.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = clamp(score.applyAsDouble(candidates.get(i)));
        }
        return new Scores(values);
    }

    /** Rates candidate i of {@code size} by {@code score} of i, as {@link #each} does. */
    public static Scores indexed(int size, IntToDoubleFunction score) {
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = clamp(score.applyAsDouble(i));
        }
        return new Scores(values);
    }

    /**
     * Rates the candidate with the lowest {@code quantity} 1, that with the highest 0, and the others by their distance
     * between the two; all 1 when they are equal. NaN leaves a candidate out.
     */
    public static Scores lowestIsBest(List<EndpointState> candidates, ToDoubleFunction<EndpointState> quantity) {
        double[] values = new double[candidates.size()];
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < values.length; i++) {
            double value = quantity.applyAsDouble(candidates.get(i));
            values[i] = value;
            if (value < lowest) { // false for NaN
                lowest = value;
            }
            if (value > highest) {
                highest = value;
            }
        }
        double range = highest - lowest;
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                values[i] = range == 0 ? 1 : clamp((highest - values[i]) / range);
            }
        }
        return new Scores(values);
    }

    /** Returns the number of candidates rated or left out. */
    public int size() {
        return values.length;
    }

    /** Tells whether candidate {@code index} is rated. */
    public boolean isRated(int index) {
        return !Double.isNaN(values[index]);
    }

    /** Returns the score of candidate {@code index}, 0 to 1; 0 when it is left out. */
    public double get(int index) {
        return isRated(index) ? values[index] : 0;
    }

    private static double clamp(double score) {
        return Math.max(0, Math.min(1, score)); // NaN stays NaN
    }
}
