package io.bactrian.engine;

/** The samples of one metric on a page: those with the newest timestamp, or all when there are none. */
final class Level {
    private int samples;
    private long timestamp;
    private double sum;

    void reset() {
        samples = 0;
        sum = 0;
    }

    /** Adds a sample; NaN makes the whole level unusable, as the rest would look like less load than there is. */
    void add(double value, long sampleTimestamp) {
        if (samples > 0 && sampleTimestamp < timestamp) {
            return;
        }
        if (samples == 0 || sampleTimestamp > timestamp) {
            reset();
            timestamp = sampleTimestamp;
        }
        samples++;
        sum += value;
    }

    /** Tells whether the page had the metric. */
    boolean isPresent() {
        return samples > 0;
    }

    double sum() {
        return sum;
    }

    double mean() {
        return sum / samples;
    }
}
