package io.bactrian.simulator.fit;

import java.util.Arrays;

/**
 * Fits a linear model with coefficients of at least 0 to the smallest sum of absolute relative errors.
 *
 * <p>Least squares on relative errors, solved again and again with weights that make the squares behave as absolute values
 * (iteratively reweighted least squares); the most
 * negative coefficient is left out, and all is fitted again, until none is negative. Absolute
 * values let the bulk of the measurements decide, rather than the few that no such model can explain.
 */
final class RelativeLeastSquares {
    private static final int ROUNDS = 50;
    // Keeps the weight of a perfectly fitted row finite.
    private static final double LEAST_ERROR = 0.005;

    private RelativeLeastSquares() {}

    /**
     * Returns the coefficients.
     *
     * @param rows {@code rows[i][j]}: factor of coefficient j in row i
     * @param expected {@code expected[i]}: measured value of row i, positive
     */
    static double[] fit(double[][] rows, double[] expected) {
        boolean[] isOut = new boolean[rows[0].length];
        while (true) {
            double[] coefficients = fit(rows, expected, isOut);
            int least = 0;
            for (int j = 1; j < coefficients.length; j++) {
                // In nanoseconds at the mean of the rows, so that coefficients of different units compare.
                least = coefficients[j] * mean(rows, j) < coefficients[least] * mean(rows, least) ? j : least;
            }
            if (coefficients[least] >= 0) {
                return coefficients;
            }
            isOut[least] = true;
        }
    }

    /** Returns the sum of absolute relative errors. */
    static double totalError(double[][] rows, double[] expected, double[] coefficients) {
        double total = 0;
        for (int i = 0; i < rows.length; i++) {
            total += error(rows[i], expected[i], coefficients);
        }
        return total;
    }

    private static double[] fit(double[][] rows, double[] expected, boolean[] isOut) {
        double[] weights = new double[rows.length];
        Arrays.fill(weights, 1);
        double[] coefficients = solve(rows, expected, weights, isOut);
        for (int round = 1; round < ROUNDS; round++) {
            for (int i = 0; i < rows.length; i++) {
                weights[i] = 1 / Math.max(LEAST_ERROR, error(rows[i], expected[i], coefficients));
            }
            coefficients = solve(rows, expected, weights, isOut);
        }
        return coefficients;
    }

    private static double mean(double[][] rows, int column) {
        return Arrays.stream(rows).mapToDouble(row -> row[column]).average().orElse(0);
    }

    private static double error(double[] row, double expected, double[] coefficients) {
        return Math.abs(product(row, coefficients) - expected) / expected;
    }

    private static double product(double[] row, double[] coefficients) {
        double sum = 0;
        for (int j = 0; j < row.length; j++) {
            sum += row[j] * coefficients[j];
        }
        return sum;
    }

    private static double[] solve(double[][] rows, double[] expected, double[] weights, boolean[] isOut) {
        int width = isOut.length;
        // The normal equations, with the right-hand side in the last column.
        double[][] equations = new double[width][width + 1];
        for (int i = 0; i < rows.length; i++) {
            double scale = weights[i] / (expected[i] * expected[i]);
            for (int j = 0; j < width; j++) {
                for (int k = 0; k < width; k++) {
                    equations[j][k] += scale * rows[i][j] * rows[i][k];
                }
                equations[j][width] += scale * rows[i][j] * expected[i];
            }
        }
        for (int j = 0; j < width; j++) {
            if (isOut[j]) {
                Arrays.fill(equations[j], 0);
                equations[j][j] = 1;
            }
        }
        return eliminate(equations);
    }

    private static double[] eliminate(double[][] equations) {
        int width = equations.length;
        for (int j = 0; j < width; j++) {
            int pivot = j;
            for (int i = j + 1; i < width; i++) {
                pivot = Math.abs(equations[i][j]) > Math.abs(equations[pivot][j]) ? i : pivot;
            }
            double[] swapped = equations[j];
            equations[j] = equations[pivot];
            equations[pivot] = swapped;
            for (int i = 0; i < width; i++) {
                double factor = i == j ? 0 : equations[i][j] / equations[j][j];
                for (int k = j; k <= width && factor != 0; k++) {
                    equations[i][k] -= factor * equations[j][k];
                }
            }
        }
        double[] solution = new double[width];
        for (int j = 0; j < width; j++) {
            solution[j] = equations[j][width] / equations[j][j];
        }
        return solution;
    }
}
