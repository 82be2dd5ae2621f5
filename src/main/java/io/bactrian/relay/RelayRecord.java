package io.bactrian.relay;

import io.bactrian.api.TokenUsage;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import java.time.Duration;
import java.util.Optional;

/**
 * What one request came to.
 *
 * @param request what the client asked
 * @param pool the pool that served it
 * @param endpoint host and port of the endpoint that was tried last
 * @param status the model server's HTTP status; 0 if it gave none
 * @param outcome how it ended
 * @param usage the tokens it took
 * @param attempts endpoints it was sent to
 * @param timeToFirstToken from the request read to the first bytes for the client; empty if there were none
 * @param duration from the request read to its end
 */
public record RelayRecord(
        InferenceRequest request,
        String pool,
        String endpoint,
        int status,
        Outcome outcome,
        TokenUsage usage,
        int attempts,
        Optional<Duration> timeToFirstToken,
        Duration duration) {}
