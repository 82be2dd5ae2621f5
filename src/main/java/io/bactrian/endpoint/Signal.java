package io.bactrian.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One number an endpoint reported, with the time it was read.
 *
 * <p>A signal that was never read, or is not a usable number, is {@link #ABSENT}: absence is not zero and never makes an
 * endpoint look idle.
 *
 * @param value finite and at least 0; NaN when absent
 * @param observedAt when it was read, by the router's clock
 * @param slack how much longer than others it holds, because its source is asked less often
 */
public record Signal(double value, Instant observedAt, Duration slack) {

    /** No report. */
    public static final Signal ABSENT = new Signal(Double.NaN, Instant.EPOCH, Duration.ZERO);

    /** Returns a signal without slack, or {@link #ABSENT} when {@code value} is NaN, infinite or negative. */
    public static Signal of(double value, Instant observedAt) {
        return of(value, observedAt, Duration.ZERO);
    }

    /** Returns the signal, or {@link #ABSENT} when {@code value} is NaN, infinite or negative. */
    public static Signal of(double value, Instant observedAt, Duration slack) {
        return value >= 0 && value < Double.POSITIVE_INFINITY ? new Signal(value, observedAt, slack) : ABSENT;
    }

    /** Tells whether there is a value. */
    public boolean isPresent() {
        return !Double.isNaN(value);
    }

    /** Returns how long ago the value was read; meaningless when absent. */
    public Duration age(Instant now) {
        return Duration.between(observedAt, now);
    }

    /** Returns this signal if it was read within {@code limit} and its slack before {@code now}, else {@link #ABSENT}. */
    public Signal ifFresh(Instant now, Duration limit) {
        // In nanoseconds: every request asks for every signal of every endpoint, and a Duration for each is a twentieth
        // of its garbage.
        return isPresent() && observedAt.until(now, ChronoUnit.NANOS) <= limit.toNanos() + slack.toNanos()
                ? this
                : ABSENT;
    }
}
