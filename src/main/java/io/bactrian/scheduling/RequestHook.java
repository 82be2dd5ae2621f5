package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;

/** A plug-in that follows requests to their end without producing data. Called by many threads at once. */
public interface RequestHook {

    /**
     * Returns what follows {@code request}, or {@link RequestListener#NONE}.
     *
     * @param candidates the endpoints that may serve it, with what the data producers attached
     */
    RequestListener follow(InferenceRequest request, List<EndpointState> candidates);
}
