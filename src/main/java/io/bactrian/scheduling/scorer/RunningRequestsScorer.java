package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/** Prefers the smallest running batch: 1 for the fewest running requests, 0 for the most, 1 for all when they are equal. */
final class RunningRequestsScorer implements Scorer {
    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.lowestIsBest(
                candidates, candidate -> candidate.metrics().runningRequests().value()); // an absent signal is NaN
    }
}
