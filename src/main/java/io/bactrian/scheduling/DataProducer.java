package io.bactrian.scheduling;

import io.bactrian.endpoint.DataKey;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Set;

/** Finds out something about the candidates of a request before one is chosen. Called by many threads at once. */
public interface DataProducer {

    /** Returns the keys it attaches values under. */
    Set<DataKey<?>> produces();

    /**
     * Attaches what it knows to the candidates. The request's bytes must be held during the call, and only then.
     *
     * @return what wants to know the choice made for this request
     */
    PickListener produce(InferenceRequest request, List<EndpointState> candidates);
}
