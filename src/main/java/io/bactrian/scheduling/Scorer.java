package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;

/** Rates every candidate for a request, 0 to 1. Called by many threads at once. */
public interface Scorer {

    /** Returns the scores, aligned with {@code candidates}; a candidate of which nothing is known is left out. */
    Scores score(InferenceRequest request, List<EndpointState> candidates);
}
