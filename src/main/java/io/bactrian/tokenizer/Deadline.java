package io.bactrian.tokenizer;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** When a count is no use any more. */
record Deadline(InstantSource clock, Instant end) {

    static Deadline in(Duration time, InstantSource clock) {
        return new Deadline(clock, clock.instant().plus(time));
    }

    boolean isOver() {
        return left().isNegative() || left().isZero();
    }

    /** Throws {@link LateException} if it is over. */
    void check() {
        if (isOver()) {
            throw new LateException();
        }
    }

    Duration left() {
        return Duration.between(clock.instant(), end);
    }
}
