package io.bactrian.simulator.engine;

/** Counts values by upper bounds, as a Prometheus histogram does. Not safe between threads. */
public final class Histogram {
    private final double[] bounds;
    // counts[i]: values above bounds[i - 1] and not above bounds[i]; the last one: values above all bounds.
    private final long[] counts;
    private double sum;
    private long count;

    Histogram(double... bounds) {
        this.bounds = bounds.clone();
        this.counts = new long[bounds.length + 1];
    }

    void observe(double value) {
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        counts[bucket]++;
        count++;
        sum += value;
    }

    /** Returns the number of bounded buckets. */
    public int buckets() {
        return bounds.length;
    }

    /** Returns the inclusive upper bound of {@code bucket}. */
    public double bound(int bucket) {
        return bounds[bucket];
    }

    /** Returns how many values fell into {@code bucket} alone, not into those below it. */
    public long count(int bucket) {
        return counts[bucket];
    }

    /** Returns the number of values. */
    public long count() {
        return count;
    }

    /** Returns the sum of all values. */
    public double sum() {
        return sum;
    }
}
