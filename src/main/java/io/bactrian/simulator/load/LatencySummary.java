package io.bactrian.simulator.load;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * A distribution of durations, to three significant digits.
 *
 * @param count how many; with none, all else is zero
 */
public record LatencySummary(
        long count, Duration mean, Duration p50, Duration p90, Duration p95, Duration p99, Duration max) {

    static LatencySummary of(Histogram nanoseconds) {
        boolean empty = nanoseconds.getTotalCount() == 0;
        return new LatencySummary(
                nanoseconds.getTotalCount(),
                Duration.ofNanos(empty ? 0 : Math.round(nanoseconds.getMean())),
                percentile(nanoseconds, 50),
                percentile(nanoseconds, 90),
                percentile(nanoseconds, 95),
                percentile(nanoseconds, 99),
                Duration.ofNanos(nanoseconds.getMaxValue()));
    }

    private static Duration percentile(Histogram nanoseconds, double percentile) {
        return Duration.ofNanos(nanoseconds.getValueAtPercentile(percentile));
    }
}
