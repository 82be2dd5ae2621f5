package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;
import java.util.Map;

/** What one scheduling profile made of a request. */
public sealed interface ProfileResult {

    /** Returns what each filter left of the candidates. */
    List<FilterVerdict> verdicts();

    /** Returns the decision that this result of {@code profile} is, if no other profile takes part. */
    Decision asDecision(String profile);

    /**
     * The profile chose.
     *
     * @param endpoints the chosen, the first choice first; at least one
     * @param scored everyone who passed the filters
     * @param verdicts what each filter left
     */
    record Picked(List<EndpointState> endpoints, ScoredCandidates scored, List<FilterVerdict> verdicts)
            implements ProfileResult {

        /** A choice without filters. */
        public Picked(List<EndpointState> endpoints, ScoredCandidates scored) {
            this(endpoints, scored, List.of());
        }

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

    /**
     * The profile has nobody to choose.
     *
     * @param verdicts what each filter left, up to the one that left nobody
     */
    record Refused(Decision.Refused reason, List<FilterVerdict> verdicts) implements ProfileResult {
        @Override
        public Decision asDecision(String profile) {
            return reason;
        }
    }
}
