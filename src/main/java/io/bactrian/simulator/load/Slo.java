package io.bactrian.simulator.load;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a request must keep to count as good, beside being completed. A bound that is null is not asked for.
 *
 * @param ttft most time to the first text
 * @param itl most mean gap between the events of the request
 * @param endToEnd most time to the end of the answer
 */
public record Slo(
        @Nullable Duration ttft,
        @Nullable Duration itl,
        @Nullable Duration endToEnd) {

    /** Tells whether {@code result} keeps it; an answer without a TTFT, such as one not streamed, cannot keep its bound. */
    boolean isKeptBy(RequestResult result) {
        return result.outcome() == Outcome.COMPLETED
                && (ttft == null || (result.ttft() != null && isWithin(ttft, result.ttft())))
                && isWithin(itl, result.meanItl())
                && isWithin(endToEnd, result.endToEnd());
    }

    private static boolean isWithin(@Nullable Duration bound, @Nullable Duration value) {
        return bound == null || value == null || value.compareTo(bound) <= 0;
    }
}
