package io.bactrian.engine;

import org.jspecify.annotations.Nullable;

/** The samples of one metric on a page: those with the newest timestamp, or all when there are none. */
final class Level {
    private final @Nullable Series series; // null for a metric that no page has
    private final double max;
    private int samples;
    private long timestamp;
    private double sum;
    private double first;

    /** @param max a larger value is a fault of the page */
    Level(@Nullable Series series, double max) {
        this.series = series;
        this.max = max;
    }

    void reset() {
        samples = 0;
        sum = 0;
    }

    /** Takes {@code sample} if it is one of this metric. */
    void read(MetricLine sample) {
        if (series != null && series.matches(sample)) {
            double value = sample.value();
            // One unusable series must not hide behind the others' sum: NaN makes the whole level unusable, as the rest
            // would look like less load than there is.
            add(value >= 0 && value <= max ? value : Double.NaN, sample.timestamp());
        }
    }

    private void add(double value, long sampleTimestamp) {
        if (samples > 0 && sampleTimestamp < timestamp) {
            return;
        }
        if (samples == 0 || sampleTimestamp > timestamp) {
            reset();
            timestamp = sampleTimestamp;
            first = value;
        }
        samples++;
        sum += value;
    }

    /** Tells whether the page had the metric. */
    boolean isPresent() {
        return samples > 0;
    }

    /** Returns the sum; 0 without samples. */
    double sum() {
        return sum;
    }

    /** Returns the mean; NaN without samples. */
    double mean() {
        return sum / samples;
    }

    /** Returns the first of the samples that count. */
    double first() {
        return first;
    }
}
