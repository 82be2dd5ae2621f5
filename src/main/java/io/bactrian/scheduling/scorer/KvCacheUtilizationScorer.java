package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/** Prefers endpoints with free KV blocks: the score is the free share. */
final class KvCacheUtilizationScorer implements Scorer {
    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.each(
                candidates, candidate -> 1 - candidate.metrics().kvCacheUsage().value()); // an absent signal is NaN
    }
}
