package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Spreads cold requests, those of which no endpoint holds anything, over the endpoints by when each was last given one: the
 * longest ago is best. To others it is indifferent.
 */
final class NoHitLruScorer implements Scorer, DataConsumer, RequestHook {
    private static final int DEFAULT_LRU_SIZE = 1024;

    private final DataKey<PrefixMatch> key;
    private final int lruSize;
    private final LinkedHashMap<String, Boolean> lastGiven = new LinkedHashMap<>(); // by name, the longest ago first

    private NoHitLruScorer(DataKey<PrefixMatch> key, int lruSize) {
        this.key = key;
        this.lruSize = lruSize;
    }

    static NoHitLruScorer create(PluginParameters parameters, PluginServices services) {
        parameters.text("prefixPluginType", ""); // llm-d takes both and does nothing with them
        parameters.text("prefixPluginName", "");
        return new NoHitLruScorer(
                PrefixMatch.keyOrDefault(parameters.text("prefixMatchInfoProducerName", "")),
                parameters.integer("lruSize", DEFAULT_LRU_SIZE, 1, 1 << 20));
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    private boolean isCold(List<EndpointState> candidates) {
        for (EndpointState candidate : candidates) {
            PrefixMatch match = candidate.get(key);
            if (match != null && match.matchBlocks() > 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        if (!isCold(candidates)) {
            return Scores.each(candidates, candidate -> 0.5);
        }
        if (candidates.size() == 1) {
            return Scores.each(candidates, candidate -> 1);
        }
        int[] ranks = ranks(candidates);
        double last = candidates.size() - 1.0;
        return Scores.indexed(ranks.length, i -> Math.max(0, 1 - ranks[i] / last));
    }

    /** Returns for each candidate how many were given none yet, or were given their last longer ago. */
    private int[] ranks(List<EndpointState> candidates) {
        Map<String, Integer> positions = positions();
        int[] ranks = new int[candidates.size()];
        int unused = 0;
        for (int i = 0; i < ranks.length; i++) {
            Integer position = positions.get(candidates.get(i).endpoint().name());
            ranks[i] = position == null ? unused++ : -1 - position;
        }
        for (int i = 0; i < ranks.length; i++) {
            if (ranks[i] < 0) {
                ranks[i] = unused - 1 - ranks[i];
            }
        }
        return ranks;
    }

    private synchronized Map<String, Integer> positions() {
        Map<String, Integer> positions = new HashMap<>();
        for (String name : lastGiven.keySet()) {
            positions.put(name, positions.size());
        }
        return positions;
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        return isCold(candidates) ? this::given : RequestListener.NONE;
    }

    private synchronized void given(Decision.Picked decision) {
        given(decision.endpoint());
        ProfileResult.Picked prefill = decision.profiles().get(Decision.PREFILL_PROFILE);
        if (prefill != null) {
            given(prefill.endpoints().get(0));
        }
    }

    private void given(EndpointState endpoint) {
        String name = endpoint.endpoint().name();
        lastGiven.remove(name);
        lastGiven.put(name, true);
        if (lastGiven.size() > lruSize) {
            lastGiven.remove(lastGiven.keySet().iterator().next());
        }
    }
}
