package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.DataKey;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.ApproximatePrefixIndex;
import io.bactrian.kvcache.BlockHasher;
import io.bactrian.kvcache.BlockHashes;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.kvcache.PrefixScope;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PickListener;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import java.util.List;
import java.util.Set;

/**
 * Tells how much of a prompt each candidate was sent before, and remembers where the prompt goes. Has an index of its
 * own, for its pool alone.
 */
final class ApproximatePrefixProducer implements DataProducer {
    static final String TYPE = "approx-prefix-cache-producer";

    /** The profile whose endpoint computes the prompt when prefill and decode are apart. */
    private static final String PREFILL_PROFILE = "prefill";

    private final DataKey<PrefixMatch> key;
    private final ApproximatePrefixSettings settings;
    private final ApproximatePrefixIndex index = new ApproximatePrefixIndex();
    private final ThreadLocal<BlockHasher> hashers = ThreadLocal.withInitial(BlockHasher::new);

    ApproximatePrefixProducer(String name, ApproximatePrefixSettings settings) {
        this.key = PrefixMatch.key(name);
        this.settings = settings;
    }

    static ApproximatePrefixProducer create(PluginParameters parameters, PluginServices services) {
        ApproximatePrefixProducer producer =
                new ApproximatePrefixProducer(parameters.pluginName(), ApproximatePrefixSettings.read(parameters));
        EndpointPool pool = services.pool();
        pool.onMembersChanged(() -> producer.forgetAllBut(pool.snapshot()));
        return producer;
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public PickListener produce(InferenceRequest request, List<EndpointState> candidates) {
        int blockSizeTokens = settings.blockSizeTokens(candidates);
        BlockHashes blocks = hashers.get()
                .hash(request.prompt(), PrefixScope.of(request), blockSizeTokens, settings.maxBlocks(blockSizeTokens));
        if (blocks.size() == 0) {
            return PickListener.NONE;
        }
        int[] matches = index.match(blocks, candidates);
        PrefixMatch nothing = new PrefixMatch(0, blocks.size(), blockSizeTokens);
        for (int i = 0; i < matches.length; i++) {
            PrefixMatch match = matches[i] == 0 ? nothing : new PrefixMatch(matches[i], blocks.size(), blockSizeTokens);
            candidates.get(i).put(key, match);
        }
        return decision -> remember(blocks, decision);
    }

    private void remember(BlockHashes blocks, Decision.Picked decision) {
        add(blocks, decision.endpoint());
        ProfileResult.Picked prefill = decision.profiles().get(PREFILL_PROFILE);
        if (prefill != null && !decision.primaryProfile().equals(PREFILL_PROFILE)) {
            add(blocks, prefill.endpoints().get(0));
        }
    }

    private void add(BlockHashes blocks, EndpointState endpoint) {
        EndpointMetrics metrics = endpoint.metrics();
        index.add(blocks, endpoint.endpoint(), settings.capacityBlocks(metrics, blocks.blockSizeTokens()));
    }

    private void forgetAllBut(EndpointPool.Snapshot snapshot) {
        index.retainOnly(
                snapshot.members().stream().map(EndpointPool.Member::endpoint).toList());
    }
}
