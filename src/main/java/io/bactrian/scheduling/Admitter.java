package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Optional;

/** Turns requests away that had better not be served now. Called by many threads at once. */
public interface Admitter {

    /** Returns why {@code request} is turned away; empty to let it pass. */
    Optional<Decision.Refused> refusal(InferenceRequest request, List<EndpointState> candidates);
}
