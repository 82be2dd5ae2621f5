package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.Set;

/**
 * Prefers endpoints with few tokens to compute, this request's included: 1 for none, falling to 0 at a threshold. It counts
 * what the router has in flight, which is known at every moment.
 */
final class TokenLoadScorer implements Scorer, DataConsumer {
    private static final int DEFAULT_THRESHOLD_TOKENS = 4_194_304;

    private final DataKey<RequestCost> key;
    private final double thresholdTokens;

    private TokenLoadScorer(DataKey<RequestCost> key, double thresholdTokens) {
        this.key = key;
        this.thresholdTokens = thresholdTokens;
    }

    static TokenLoadScorer create(PluginParameters parameters, PluginServices services) {
        String producer = parameters.text("inFlightLoadProducerName", "");
        return new TokenLoadScorer(
                producer.isEmpty() ? RequestCost.KEY : new DataKey<>(RequestCost.TYPE, producer),
                parameters.integer("queueThresholdTokens", DEFAULT_THRESHOLD_TOKENS, 1, Integer.MAX_VALUE));
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.each(candidates, candidate -> {
            RequestCost cost = candidate.get(key);
            double tokens = candidate.load().promptTokens() + (cost == null ? 0 : cost.tokens());
            return tokens <= 0 ? 1 : 1 - Math.min(tokens, thresholdTokens) / thresholdTokens;
        });
    }
}
