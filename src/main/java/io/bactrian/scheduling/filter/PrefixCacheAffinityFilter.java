package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.MissingCapability;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Keeps a request at the endpoints that hold most of its prompt, until they are so busy that another would begin to answer
 * much sooner.
 *
 * <p>Sticky are the endpoints that hold at least a share of the prompt. They are left if the quickest of them would need more
 * than a limit longer to its first token than the quickest of the others, taking for each the tokens in flight there by the
 * throughput of prefill.
 */
final class PrefixCacheAffinityFilter implements Filter, DataConsumer {
    private static final double MILLIS_PER_SECOND = 1000;

    private final DataKey<PrefixMatch> key;
    private final double affinityThreshold;
    private final double explorationProbability;
    private final double maxTtftPenaltyMillis;
    private final double prefillTokensPerSecond;

    private PrefixCacheAffinityFilter(
            DataKey<PrefixMatch> key,
            double affinityThreshold,
            double explorationProbability,
            double maxTtftPenaltyMillis,
            double prefillTokensPerSecond) {
        this.key = key;
        this.affinityThreshold = affinityThreshold;
        this.explorationProbability = explorationProbability;
        this.maxTtftPenaltyMillis = maxTtftPenaltyMillis;
        this.prefillTokensPerSecond = prefillTokensPerSecond;
    }

    static PrefixCacheAffinityFilter create(PluginParameters parameters, PluginServices services) {
        parameters.text("inFlightLoadProducerName", ""); // the router's own count, whoever is named
        parameters.text("latencyPredictionInfoProducerName", "");
        String source =
                parameters.choice("ttftSource", "prefillThroughput", List.of("prefillThroughput", "latencyPredictor"));
        if (source.equals("latencyPredictor")) {
            throw new MissingCapability(parameters.pathOf("ttftSource"), source, "latency prediction");
        }
        return new PrefixCacheAffinityFilter(
                PrefixMatch.keyOrDefault(parameters.text("prefixMatchInfoProducerName", "")),
                parameters.number("affinityThreshold", 0.8, -Double.MAX_VALUE, 1),
                parameters.number("explorationProbability", 0, 0, 1),
                parameters.number("maxTTFTPenaltyMs", 18_000, 0, Double.MAX_VALUE),
                parameters.number("peakPrefillThroughput", 15_928, Double.MIN_VALUE, Double.MAX_VALUE));
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        if (candidates.size() <= 1 || affinityThreshold <= 0) {
            return candidates;
        }
        if (explorationProbability > 0 && ThreadLocalRandom.current().nextDouble() < explorationProbability) {
            return candidates;
        }
        List<EndpointState> sticky = candidates.stream().filter(this::isSticky).toList();
        if (sticky.isEmpty() || sticky.size() == candidates.size() || isTooSlow(candidates)) {
            return candidates;
        }
        return sticky;
    }

    private boolean isSticky(EndpointState candidate) {
        PrefixMatch match = candidate.get(key);
        return match != null && match.share() >= affinityThreshold;
    }

    private boolean isTooSlow(List<EndpointState> candidates) {
        if (maxTtftPenaltyMillis == 0) {
            return false;
        }
        double bestSticky = Double.MAX_VALUE;
        double bestOther = Double.MAX_VALUE;
        for (EndpointState candidate : candidates) {
            double ttft = candidate.load().promptTokens() / prefillTokensPerSecond * MILLIS_PER_SECOND;
            if (isSticky(candidate)) {
                bestSticky = Math.min(bestSticky, ttft);
            } else {
                bestOther = Math.min(bestOther, ttft);
            }
        }
        return bestSticky - bestOther > maxTtftPenaltyMillis;
    }
}
