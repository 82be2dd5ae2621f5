package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestListener;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds a peer whose cached blocks of a prompt are worth loading for whoever computes it: one of those that hold the most, chosen by the
 * request's id and by how few requests wait there. The rules are those of llm-d, but that a peer which fails is left out.
 */
final class CacheSourceProducer implements DataProducer, DataConsumer {
    static final String TYPE = "p2p-source-producer";

    private final DataKey<PrefixMatch> prefixKey;
    private final int minCachedTokenDelta;

    private CacheSourceProducer(DataKey<PrefixMatch> prefixKey, int minCachedTokenDelta) {
        this.prefixKey = prefixKey;
        this.minCachedTokenDelta = minCachedTokenDelta;
    }

    static CacheSourceProducer create(PluginParameters parameters, PluginServices services) {
        parameters.text(
                "prefillProfileName", ""); // a decision knows who computes the prompt, whatever its profile is called
        return new CacheSourceProducer(
                PrefixMatch.keyOrDefault(parameters.text("prefixMatchInfoProducerName", "")),
                parameters.integer("minCachedTokenDelta", 1, 1, Integer.MAX_VALUE));
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of();
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(prefixKey);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        EndpointState source = choose(request.id(), candidates);
        if (source == null) {
            return RequestListener.NONE;
        }
        long held = cachedTokens(source);
        List<EndpointState> failed = new ArrayList<>(1); // each that has computed, once another choice is made
        return decision -> {
            EndpointState computing = computing(decision);
            boolean hasFailed = failed.contains(source);
            failed.add(computing);
            boolean isWorthIt = computing != source && held - cachedTokens(computing) >= minCachedTokenDelta;
            if (isWorthIt && !hasFailed && source.breaker().wouldPermit()) {
                request.attributes().put(Decision.CACHE_SOURCE, source.endpoint());
            } else {
                request.attributes().remove(Decision.CACHE_SOURCE); // of an earlier choice
            }
        };
    }

    /** Returns one of those that hold the most of the prompt, but for a block; null if nobody who is well holds any. */
    private @Nullable EndpointState choose(String requestId, List<EndpointState> candidates) {
        List<EndpointState> holders = new ArrayList<>();
        long most = 1;
        for (EndpointState candidate : candidates) {
            if (cachedTokens(candidate) > 0 && candidate.breaker().wouldPermit()) {
                holders.add(candidate);
                most = Math.max(most, cachedTokens(candidate));
            }
        }
        if (holders.isEmpty()) {
            return null;
        }
        double[] weights = new double[holders.size()];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = isNear(most, holders.get(i)) ? weight(holders.get(i)) : 0;
            sum += weights[i];
        }
        double place = Integer.toUnsignedLong(fnv1a(requestId)) / 0x1p32 * sum;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            place -= weights[i];
            if (place < 0) {
                return holders.get(i);
            }
            last = weights[i] > 0 ? i : last;
        }
        return holders.get(last); // rounding took the place beyond it
    }

    private boolean isNear(long most, EndpointState endpoint) {
        PrefixMatch match = endpoint.get(prefixKey);
        return match != null && match.matchTokens() + match.blockSizeTokens() >= most;
    }

    private long cachedTokens(EndpointState endpoint) {
        PrefixMatch match = endpoint.get(prefixKey);
        return match == null ? 0 : match.matchTokens();
    }

    private static double weight(EndpointState endpoint) {
        double waiting = endpoint.waitingRequests();
        return 1 / (1 + (Double.isNaN(waiting) ? 0 : waiting));
    }

    private static EndpointState computing(Decision.Picked decision) {
        EndpointState prefill = decision.prefillEndpoint();
        return prefill == null ? decision.endpoint() : prefill;
    }

    /** Returns the 32-bit FNV-1a hash of {@code text} in UTF-8, by which replicas of the router choose alike. */
    static int fnv1a(String text) {
        int hash = 0x811c9dc5;
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (octet & 0xff)) * 0x01000193;
        }
        return hash;
    }
}
