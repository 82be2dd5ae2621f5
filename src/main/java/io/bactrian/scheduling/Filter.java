package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;

/** Removes candidates that must not serve a request. Called by many threads at once. */
public interface Filter {

    /** Returns those of {@code candidates} that remain, in their order; the list itself when all do. */
    List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates);
}
