package io.bactrian.relay;

import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestTrace;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one request came to that was not sent to any model server: it was refused, its client left, or it was answered here.
 *
 * @param id names the request; empty if it was refused before it got a name
 * @param request what the client asked; null if that could not be read
 * @param pool the pool that would have served it; empty if it was not known yet
 * @param outcome how it ended
 * @param refusal why it was refused; null if it was not
 * @param trace who follows it
 * @param duration from the request read to its end
 */
public record UnsentRecord(
        String id,
        @Nullable InferenceRequest request,
        String pool,
        Outcome outcome,
        @Nullable InferenceException refusal,
        RequestTrace trace,
        Duration duration) {

    /** A request that the door turned away before it was read whole. */
    public static UnsentRecord turnedAway(InferenceException refusal) {
        return new UnsentRecord("", null, "", Outcome.REFUSED, refusal, RequestTrace.NONE, Duration.ZERO);
    }
}
