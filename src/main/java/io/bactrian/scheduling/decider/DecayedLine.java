package io.bactrian.scheduling.decider;

/**
 * A straight line through measured points, of which older ones count less and less: what something takes at least, and
 * what each unit adds. Safe between threads.
 */
final class DecayedLine {
    /** After this many points an old one counts a third. */
    private static final double MEMORY = 64;

    private static final double KEPT = 1 - 1 / MEMORY;

    /** How many points the first guess counts for: enough that one odd point does not turn the line round. */
    private static final double GUESS_WEIGHT = 4;

    private final double guessX;
    private double weight;
    private double sumX;
    private double sumY;
    private double sumXx;
    private double sumXy;

    /**
     * @param base the guess of what it takes at least
     * @param perUnit the guess of what each unit adds
     * @param guessX a usual number of units
     */
    DecayedLine(double base, double perUnit, double guessX) {
        this.guessX = guessX;
        note(0, base, GUESS_WEIGHT);
        note(guessX, base + perUnit * guessX, GUESS_WEIGHT);
    }

    /** Takes the point that {@code x} units took {@code y}. */
    synchronized void note(double x, double y) {
        weight *= KEPT;
        sumX *= KEPT;
        sumY *= KEPT;
        sumXx *= KEPT;
        sumXy *= KEPT;
        note(x, y, 1);
    }

    private void note(double x, double y, double count) {
        weight += count;
        sumX += count * x;
        sumY += count * y;
        sumXx += count * x * x;
        sumXy += count * x * y;
    }

    /** Returns what {@code x} units will take, 0 or more. */
    synchronized double at(double x) {
        double meanX = sumX / weight;
        double meanY = sumY / weight;
        return Math.max(0, meanY + slope() * (x - meanX));
    }

    /** Returns what each unit adds, 0 or more. */
    synchronized double perUnit() {
        return slope();
    }

    private double slope() {
        double spread = sumXx - sumX * sumX / weight;
        if (spread < guessX * 1e-9) {
            return 0;
        }
        return Math.max(0, (sumXy - sumX * sumY / weight) / spread);
    }
}
