package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;
import java.util.Map;

/** What one scheduling profile made of a request. */
public sealed interface ProfileResult {

    /** Returns the decision that this result of {@code profile} is, if no other profile takes part. */
    Decision asDecision(String profile);

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

        @Override
        public Decision asDecision(String profile) {
            return new Decision.Picked(profile, Map.of(profile, this));
        }
    }

    /** The profile has nobody to choose. */
    record Refused(Decision.Refused reason) implements ProfileResult {
        @Override
        public Decision asDecision(String profile) {
            return reason;
        }
    }
}
