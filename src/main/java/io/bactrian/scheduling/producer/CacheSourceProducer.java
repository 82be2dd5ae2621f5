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
import java.util.HashSet;
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
        Set<EndpointState> tried = new HashSet<>(2);
        Set<EndpointState> failed = new HashSet<>(2); // a further choice is made when one has
        return decision -> {
            EndpointState computing = computing(decision);
            failed.addAll(tried);
            tried.add(computing);
            boolean isWorthIt = computing != source && held - cachedTokens(computing) >= minCachedTokenDelta;
            if (isWorthIt && source.breaker().wouldPermit() && !failed.contains(source)) {
                request.attributes().put(Decision.CACHE_SOURCE, source.endpoint());
            } else {
                request.attributes().remove(Decision.CACHE_SOURCE); // of an earlier choice
            }
        };
    }

    /** Returns one of those that hold the most of the prompt, but for a block; null if nobody holds any. */
    private @Nullable EndpointState choose(String requestId, List<EndpointState> candidates) {
        long most = 0;
        for (EndpointState candidate : candidates) {
            most = candidate.breaker().wouldPermit() ? Math.max(most, cachedTokens(candidate)) : most;
        }
        if (most == 0) {
            return null;
        }
        List<EndpointState> holders = new ArrayList<>();
        double weights = 0;
        for (EndpointState candidate : candidates) {
            PrefixMatch match = candidate.get(prefixKey);
            boolean isThere = candidate.breaker().wouldPermit();
            if (isThere && match != null && match.matchTokens() + match.blockSizeTokens() >= most) {
                holders.add(candidate);
                weights += weight(candidate);
            }
        }
        double place = Integer.toUnsignedLong(fnv1a(requestId)) / 0x1p32 * weights;
        for (EndpointState holder : holders) {
            place -= weight(holder);
            if (place < 0) {
                return holder;
            }
        }
        return holders.get(holders.size() - 1); // rounding took the place beyond the last
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
