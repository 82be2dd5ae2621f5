package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A data producer that has to wait for somebody, such as a tokeniser in another process. The request waits with it, up to a
 * deadline; then it goes on without this producer's data.
 */
public interface SlowDataProducer extends DataProducer {

    /** As llm-d gives its producers. */
    Duration DEFAULT_DEADLINE = Duration.ofMillis(400);

    /** Returns how long a request waits. */
    default Duration deadline() {
        return DEFAULT_DEADLINE;
    }

    /**
     * Begins to find out. The request's bytes are held during the call, and only then.
     *
     * @return completes, on any thread, with what attaches the values; that runs on the request's own thread if the
     *     deadline has not passed
     */
    CompletableFuture<Supplier<RequestListener>> begin(InferenceRequest request, List<EndpointState> candidates);

    @Override
    default RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        throw new UnsupportedOperationException(this + " has to be waited for (expected: begin)");
    }
}
