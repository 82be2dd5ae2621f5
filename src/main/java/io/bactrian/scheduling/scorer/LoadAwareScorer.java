package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/** Prefers short queues: 0.5 without a queue, falling to 0 at a threshold. */
final class LoadAwareScorer implements Scorer {
    private static final int DEFAULT_THRESHOLD = 128;

    private final double threshold;

    private LoadAwareScorer(double threshold) {
        this.threshold = threshold;
    }

    static LoadAwareScorer create(PluginParameters parameters, PluginServices services) {
        int given = parameters.integer("threshold", DEFAULT_THRESHOLD, Integer.MIN_VALUE, Integer.MAX_VALUE);
        return new LoadAwareScorer(
                given > 0 ? given : DEFAULT_THRESHOLD); // as in llm-d, 0 and less stand for the default
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.each(
                candidates, candidate -> 0.5 * (1 - Math.min(candidate.waitingRequests(), threshold) / threshold));
    }
}
