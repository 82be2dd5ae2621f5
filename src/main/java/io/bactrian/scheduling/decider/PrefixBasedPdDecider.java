package io.bactrian.scheduling.decider;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Splits prefill off when the decode endpoint would have to compute at least so many tokens of the prompt itself. */
final class PrefixBasedPdDecider implements Decider, DataConsumer {
    static final String TYPE = "prefix-based-pd-decider";

    private final int nonCachedTokens;
    private final int promptTokens;
    private final DataKey<PrefixMatch> key;

    private PrefixBasedPdDecider(int nonCachedTokens, int promptTokens, DataKey<PrefixMatch> key) {
        this.nonCachedTokens = nonCachedTokens;
        this.promptTokens = promptTokens;
        this.key = key;
    }

    static PrefixBasedPdDecider create(PluginParameters parameters, PluginServices services) {
        return new PrefixBasedPdDecider(
                parameters.integer("nonCachedTokens", 0, 0, Integer.MAX_VALUE),
                parameters.integer("promptTokens", 0, 0, Integer.MAX_VALUE),
                PrefixMatch.keyOrDefault(parameters.text("prefixMatchInfoProducerName", "")));
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public boolean splits(InferenceRequest request, @Nullable EndpointState decode, List<EndpointState> candidates) {
        int prompt = request.prompt().estimatedTokens();
        // A threshold of 0 switches splitting off, as in llm-d.
        if (nonCachedTokens == 0 || decode == null || prompt < promptTokens || prompt < nonCachedTokens) {
            return false;
        }
        PrefixMatch match = decode.get(key);
        return match != null && prompt - match.matchTokens() >= nonCachedTokens;
    }
}
