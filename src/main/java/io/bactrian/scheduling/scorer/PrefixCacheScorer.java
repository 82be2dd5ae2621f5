package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prefers endpoints that already hold much of the prompt.
 *
 * <p>With weight w for the length: score = w * min(1, matched tokens / scale)^2 + (1 - w) * matched share. The share alone
 * cannot tell a short prompt held whole from a long one; the length says how much computing a match saves.
 */
final class PrefixCacheScorer implements Scorer, DataConsumer {
    private static final int DEFAULT_SCALE_TOKENS = 8192;

    private final DataKey<PrefixMatch> key;
    private final double lengthWeight;
    private final int lengthScaleTokens;

    private PrefixCacheScorer(DataKey<PrefixMatch> key, double lengthWeight, int lengthScaleTokens) {
        this.key = key;
        this.lengthWeight = lengthWeight;
        this.lengthScaleTokens = lengthScaleTokens;
    }

    static PrefixCacheScorer create(PluginParameters parameters, PluginServices services) {
        String producer = parameters.text("prefixMatchInfoProducerName", "");
        double lengthWeight = parameters.number("matchLengthWeight", 0, 0, 1);
        // llm-d takes any scale as long as its weight is 0.
        int scale = parameters.integer(
                "matchLengthScaleTokens",
                DEFAULT_SCALE_TOKENS,
                lengthWeight > 0 ? 1 : Integer.MIN_VALUE,
                Integer.MAX_VALUE);
        return new PrefixCacheScorer(PrefixMatch.keyOrDefault(producer), lengthWeight, scale);
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        return Scores.each(candidates, candidate -> score(candidate.get(key)));
    }

    private double score(@Nullable PrefixMatch match) {
        if (match == null) {
            return 0;
        }
        if (lengthWeight == 0) {
            return match.share();
        }
        double length = Math.min(1, (double) match.matchTokens() / lengthScaleTokens);
        return lengthWeight * length * length + (1 - lengthWeight) * match.share();
    }
}
