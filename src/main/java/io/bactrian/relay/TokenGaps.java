package io.bactrian.relay;

import java.util.Arrays;

/**
 * Counts the times between the events of one stream.
 *
 * <p>The counters stand at fixed limits, four of them up to each bucket of llm-d's histogram of such times: so one small array
 * gives both its buckets, to the event, and quantiles good to a quarter of a bucket. Noting an event allocates nothing. One
 * stream, one thread.
 */
public final class TokenGaps {
    private static final int PARTS = 4;
    private static final double NANOS_PER_SECOND = 1e9;

    /** The buckets of {@code request_streaming_itl_seconds}. */
    private static final double[] BUCKET_SECONDS = {.001, .005, .01, .02, .04, .06, .08, .1, .15, .2, .3, .5, .75, 1, 2
    };

    /** The largest gap that falls into each counter; one more counter is for what is larger than all of them. */
    private static final long[] LIMITS = limits();

    private final int[] counts = new int[LIMITS.length + 1];
    private long events;
    private long sumNanos;
    private long maxNanos;

    private static long[] limits() {
        long[] limits = new long[PARTS * BUCKET_SECONDS.length];
        long below = 0;
        for (int bucket = 0; bucket < BUCKET_SECONDS.length; bucket++) {
            long limit = Math.round(BUCKET_SECONDS[bucket] * NANOS_PER_SECOND);
            for (int part = 1; part <= PARTS; part++) {
                limits[PARTS * bucket + part - 1] = below + (limit - below) * part / PARTS;
            }
            below = limit;
        }
        return limits;
    }

    /** Returns the upper limits of the buckets that {@link #bucket} counts, in seconds. */
    public static double[] bucketSeconds() {
        return BUCKET_SECONDS.clone();
    }

    /** Notes that {@code count} events came {@code nanos} after the one before, at once. */
    public void note(long nanos, int count) {
        long gap = Math.max(0, nanos);
        int at = Arrays.binarySearch(LIMITS, gap);
        counts[at >= 0 ? at : -at - 1]++;
        counts[0] += count - 1;
        events += count;
        sumNanos += gap;
        maxNanos = Math.max(maxNanos, gap);
    }

    /** Returns how many gaps fell into bucket {@code index}, the lower ones not counted; the last is for the largest. */
    public int bucket(int index) {
        int count = 0;
        for (int at = PARTS * index; at < Math.min(counts.length, PARTS * (index + 1)); at++) {
            count += counts[at];
        }
        return count;
    }

    /** Returns how many gaps there were. */
    public long count() {
        return events;
    }

    /** Returns how long they were together. */
    public long sumNanos() {
        return sumNanos;
    }

    /** Returns a time that the share {@code quantile}, 0 to 1, of the gaps does not exceed. */
    public long quantileNanos(double quantile) {
        long rank = (long) Math.ceil(quantile * events);
        long seen = 0;
        for (int at = 0; at < LIMITS.length; at++) {
            seen += counts[at];
            if (seen >= rank) {
                return Math.min(LIMITS[at], maxNanos);
            }
        }
        return maxNanos;
    }
}
