package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.PromptTokens;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Works out what a request would cost each endpoint: the tokens of its prompt that the endpoint does not hold, and if wanted
 * the tokens it may generate. The router reserves that at the endpoint it chooses.
 *
 * <p>The count of requests and tokens in flight is the endpoint's own ({@link EndpointLoad}), live and one for all plug-ins, so
 * that a policy has one such producer.
 */
final class InFlightLoadProducer implements DataProducer, DataConsumer {
    static final String TYPE = RequestCost.DEFAULT_PRODUCER;

    private final DataKey<RequestCost> key;
    private final DataKey<PrefixMatch> prefixKey;
    private final boolean addsOutput;
    private final double outputRatio;
    private final long maxOutputTokens;

    private InFlightLoadProducer(
            DataKey<RequestCost> key,
            DataKey<PrefixMatch> prefixKey,
            boolean addsOutput,
            double outputRatio,
            long maxOutputTokens) {
        this.key = key;
        this.prefixKey = prefixKey;
        this.addsOutput = addsOutput;
        this.outputRatio = outputRatio;
        this.maxOutputTokens = maxOutputTokens;
    }

    static InFlightLoadProducer create(PluginParameters parameters, PluginServices services) {
        parameters.flag("syncCrossReplicaState", true); // replicas share nothing here, as in llm-d without a syncer
        return new InFlightLoadProducer(
                new DataKey<>(RequestCost.TYPE, parameters.pluginName()),
                PrefixMatch.keyOrDefault(parameters.text("prefixMatchInfoProducerName", "")),
                parameters.flag("addEstimatedOutputTokens", false),
                parameters.number("outputRatio", 1.5, 0, Double.MAX_VALUE),
                parameters.integer("maxEstimatedOutputTokens", Integer.MAX_VALUE, 0, Integer.MAX_VALUE));
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of();
    }

    @Override
    public Set<DataKey<?>> mayConsume() {
        return Set.of(prefixKey, PromptTokens.KEY);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        long input = request.promptTokens();
        long estimate = request.prompt().estimatedTokens(); // what the blocks of a prefix match are made of
        long output = addsOutput ? outputTokens(request, input) : 0;
        for (EndpointState candidate : candidates) {
            RequestCost cost =
                    new RequestCost(uncached(candidate.get(prefixKey), input, estimate) + output, addsOutput);
            candidate.put(key, cost);
            candidate.put(RequestCost.KEY, cost);
        }
        return RequestListener.NONE;
    }

    private static long uncached(@Nullable PrefixMatch match, long input, long estimate) {
        if (match == null) {
            return input;
        }
        long block = match.blockSizeTokens();
        long missing = (match.totalBlocks() - match.matchBlocks()) * block;
        long uncached = missing + Math.max(0, estimate - match.totalBlocks() * block);
        return estimate == 0 || estimate == input ? uncached : Math.round((double) uncached * input / estimate);
    }

    private long outputTokens(InferenceRequest request, long input) {
        long estimate = Math.round(input * outputRatio);
        return Math.min(Math.min(estimate, request.maxOutputTokens().orElse(Integer.MAX_VALUE)), maxOutputTokens);
    }
}
