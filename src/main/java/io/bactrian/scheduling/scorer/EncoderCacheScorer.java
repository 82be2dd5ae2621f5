package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.EncoderCacheMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.Set;

/** Prefers who has encoded the request's pictures, videos and sounds before: the share of them; 0 if there are none. */
final class EncoderCacheScorer implements Scorer, DataConsumer {
    private final DataKey<EncoderCacheMatch> key;

    private EncoderCacheScorer(DataKey<EncoderCacheMatch> key) {
        this.key = key;
    }

    static EncoderCacheScorer create(PluginParameters parameters, PluginServices services) {
        return new EncoderCacheScorer(EncoderCacheMatch.key(parameters.text("producerName", "")));
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.each(candidates, candidate -> {
            EncoderCacheMatch match = candidate.get(key);
            return match == null ? 0 : match.share();
        });
    }
}
