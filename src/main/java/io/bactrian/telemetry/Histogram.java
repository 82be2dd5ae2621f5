package io.bactrian.telemetry;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts values in buckets. Safe between threads.
 *
 * <p>A value costs a search among a few dozen limits and two atomic additions: Micrometer's timers and summaries keep a decaying
 * maximum beside their buckets, at several times the cost, which every request would pay a dozen times; and what one
 * stream has counted by itself can be added at once.
 */
final class Histogram {
    private final Buckets buckets;
    private final AtomicLongArray counts; // one for each bucket, then the sum of the values in units

    Histogram(Buckets buckets) {
        this.buckets = buckets;
        this.counts = new AtomicLongArray(buckets.count() + 1);
    }

    void record(long units) {
        counts.getAndIncrement(buckets.of(units));
        counts.getAndAdd(buckets.count(), units);
    }

    /** Adds {@code count} values of bucket {@code bucket}, whose sum comes by {@link #addSum}. */
    void add(int bucket, long count) {
        if (count != 0) {
            counts.getAndAdd(bucket, count);
        }
    }

    void addSum(long units) {
        counts.getAndAdd(buckets.count(), units);
    }

    HistogramDataPointSnapshot show(Labels labels) {
        long[] shown = new long[buckets.count()];
        for (int i = 0; i < shown.length; i++) {
            shown[i] = counts.get(i);
        }
        return HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(ClassicHistogramBuckets.of(buckets.shown(), shown))
                .sum(buckets.shown(counts.get(buckets.count())))
                .build();
    }
}
