package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.ApproximatePrefixIndex;
import io.bactrian.kvcache.BlockHasher;
import io.bactrian.kvcache.BlockHashes;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.kvcache.PrefixScope;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Tells how much of a prompt each candidate was sent before, and remembers where the prompt goes. Has an index of its
 * own, for its pool alone.
 */
final class ApproximatePrefixProducer implements DataProducer {
    static final String TYPE = "approx-prefix-cache-producer";

    /** The profile whose endpoint computes the prompt when prefill and decode are apart. */
    private static final String PREFILL_PROFILE = "prefill";

    /** Remembering this many takes about 0.2 ms, as long as other requests of the loop may be kept waiting. */
    private static final int MAX_BLOCKS_ON_EVENT_LOOP = 1024;

    private final DataKey<PrefixMatch> key;
    private final ApproximatePrefixSettings settings;
    private final Executor workers;
    private final ApproximatePrefixIndex index = new ApproximatePrefixIndex();
    private final ThreadLocal<BlockHasher> hashers = ThreadLocal.withInitial(BlockHasher::new);

    ApproximatePrefixProducer(String name, ApproximatePrefixSettings settings, Executor workers) {
        this.key = PrefixMatch.key(name);
        this.settings = settings;
        this.workers = workers;
    }

    static ApproximatePrefixProducer create(PluginParameters parameters, PluginServices services) {
        ApproximatePrefixProducer producer = new ApproximatePrefixProducer(
                parameters.pluginName(), ApproximatePrefixSettings.read(parameters), services.workers());
        EndpointPool pool = services.pool();
        pool.onMembersChanged(() -> producer.forgetAllBut(pool.snapshot()));
        return producer;
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        int blockSizeTokens = settings.blockSizeTokens(candidates);
        BlockHashes blocks = hashers.get()
                .hash(request.prompt(), PrefixScope.of(request), blockSizeTokens, settings.maxBlocks(blockSizeTokens));
        if (blocks.size() == 0) {
            return RequestListener.NONE;
        }
        int[] matches = index.match(blocks, candidates);
        PrefixMatch nothing = new PrefixMatch(0, blocks.size(), blockSizeTokens);
        for (int i = 0; i < matches.length; i++) {
            PrefixMatch match = matches[i] == 0 ? nothing : new PrefixMatch(matches[i], blocks.size(), blockSizeTokens);
            candidates.get(i).put(key, match);
        }
        return decision -> {
            if (blocks.size() > MAX_BLOCKS_ON_EVENT_LOOP) {
                workers.execute(() -> remember(blocks, decision));
            } else {
                remember(blocks, decision);
            }
        };
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
