package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;

/**
 * Leaves endpoints out of a request's candidates before anything else is found out about them. Every screener sees all
 * endpoints of the pool; who is to serve must pass them all. Called by many threads at once.
 */
public interface Screener {

    /** Returns those of {@code endpoints} that may serve the request, in their order. */
    List<EndpointState> screen(InferenceRequest request, List<EndpointState> endpoints);
}
