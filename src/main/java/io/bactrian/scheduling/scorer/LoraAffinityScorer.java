package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Prefers endpoints that have the request's adapter loaded: 1 if it runs there, 0.8 if there is a free place for it, 0.6 if it
 * waits to be loaded, 0 otherwise. An endpoint that shows no adapters is left out.
 */
final class LoraAffinityScorer implements Scorer {
    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        String wanted = request.adapter().isEmpty() ? request.model() : request.adapter();
        return Scores.each(candidates, candidate -> score(candidate.metrics().adapters(), wanted));
    }

    private static double score(@Nullable Adapters adapters, String wanted) {
        if (adapters == null) {
            return Double.NaN;
        }
        if (adapters.running().contains(wanted)) {
            return 1;
        }
        if (adapters.running().size() + adapters.waiting().size() < adapters.max()) {
            return 0.8;
        }
        return adapters.waiting().contains(wanted) ? 0.6 : 0;
    }
}
