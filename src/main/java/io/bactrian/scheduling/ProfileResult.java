package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;

/** What one scheduling profile made of a request. */
public sealed interface ProfileResult {

    /**
     * The profile chose.
     *
     * @param endpoints the chosen, the first choice first; at least one
     * @param scored everyone who passed the filters
     */
    record Picked(List<EndpointState> endpoints, ScoredCandidates scored) implements ProfileResult {
        public Picked {
            endpoints = List.copyOf(endpoints);
            if (endpoints.isEmpty()) {
                throw new IllegalArgumentException("endpoints: none (expected: at least one)");
            }
        }
    }

    /** The profile has nobody to choose. */
    record Refused(Decision.Refused reason) implements ProfileResult {}
}
