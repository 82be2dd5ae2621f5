package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Set;

/**
 * Finds out something about the candidates of a request, or about the request, before an endpoint is chosen. Producers run
 * in the order of their data: one that is a {@link DataConsumer} after those it reads from. Called by many threads at once.
 */
public interface DataProducer {

    /** Returns the keys it attaches values under. */
    Set<DataKey<?>> produces();

    /**
     * Attaches what it knows, without waiting for anybody. The request's bytes are held during the call, and only then.
     *
     * @return what follows this request
     */
    RequestListener produce(InferenceRequest request, List<EndpointState> candidates);
}
