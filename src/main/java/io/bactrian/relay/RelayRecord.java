package io.bactrian.relay;

import io.bactrian.api.TokenUsage;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestTrace;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one request came to that was sent to a model server.
 *
 * @param request what the client asked
 * @param pool the pool that served it
 * @param endpoint host and port of the endpoint that was tried last
 * @param status the model server's HTTP status; 0 if it gave none
 * @param outcome how it ended
 * @param failure why the router answered with an error of its own or cut the answer; null if it did neither
 * @param usage the tokens it took; null if the router did not see the answer
 * @param attempts endpoints it was sent to
 * @param answerBytes length of the answer's body, as far as it came
 * @param times when what happened
 * @param trace who follows it
 * @param gaps the times between the events of a stream; null if there were none
 */
public record RelayRecord(
        InferenceRequest request,
        String pool,
        String endpoint,
        int status,
        Outcome outcome,
        @Nullable InferenceException failure,
        @Nullable TokenUsage usage,
        int attempts,
        long answerBytes,
        RelayTimes times,
        RequestTrace trace,
        @Nullable TokenGaps gaps) {

    /** Returns the time from the request read to the first bytes for the client; empty if there were none. */
    public Optional<Duration> timeToFirstToken() {
        return times.firstBytes() == RelayTimes.NEVER
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(times.firstBytes()));
    }

    /** Returns the time from the request read to its end. */
    public Duration duration() {
        return Duration.ofNanos(times.ended());
    }
}
