package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/**
 * Prefers the shortest queue: 1 for the fewest waiting requests, 0 for the most, 1 for all when they are equal. What the
 * router has sent since the last report counts as waiting.
 */
final class QueueScorer implements Scorer {
    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.lowestIsBest(candidates, EndpointState::waitingRequests);
    }
}
