package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides whether a stage of a request runs on an endpoint of its own. Called by many threads at once. */
public interface Decider {

    /**
     * Tells whether the stage is to be split off.
     *
     * @param decode the endpoint that is to answer the client; null while none is chosen
     * @param candidates all endpoints that may serve the request, with what the data producers attached
     */
    boolean splits(InferenceRequest request, @Nullable EndpointState decode, List<EndpointState> candidates);
}
