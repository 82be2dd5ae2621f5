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
import io.bactrian.scheduling.SchedulingObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Tells how much of a prompt each candidate was sent before, and remembers where the prompt goes. Has an index of its
 * own, for its pool alone.
 */
final class ApproximatePrefixProducer implements DataProducer, AutoCloseable {
    static final String TYPE = "approx-prefix-cache-producer";

    /** Remembering this many takes about 0.2 ms, as long as other requests of the loop may be kept waiting. */
    private static final int MAX_BLOCKS_ON_EVENT_LOOP = 1024;

    /** What llm-d takes a token of text for. */
    private static final long BYTES_PER_TOKEN = 4;

    private final String pool;
    private final String name;
    private final DataKey<PrefixMatch> key;
    private final ApproximatePrefixSettings settings;
    private final Executor workers;
    private final SchedulingObserver observer;
    private final ApproximatePrefixIndex index = new ApproximatePrefixIndex();
    private Runnable leave = () -> {};
    private boolean indexTold;
    private final ThreadLocal<BlockHasher> hashers = ThreadLocal.withInitial(BlockHasher::new);

    ApproximatePrefixProducer(
            String pool,
            String name,
            ApproximatePrefixSettings settings,
            Executor workers,
            SchedulingObserver observer) {
        this.pool = pool;
        this.name = name;
        this.key = PrefixMatch.key(name);
        this.settings = settings;
        this.workers = workers;
        this.observer = observer;
    }

    static ApproximatePrefixProducer create(PluginParameters parameters, PluginServices services) {
        ApproximatePrefixProducer producer = new ApproximatePrefixProducer(
                services.pool().name(),
                parameters.pluginName(),
                ApproximatePrefixSettings.read(parameters),
                services.workers(),
                services.observer());
        EndpointPool pool = services.pool();
        producer.leave = pool.onMembersChanged(() -> producer.forgetAllBut(pool.snapshot()));
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
            tellMatch(decision, blocks);
            if (blocks.size() > MAX_BLOCKS_ON_EVENT_LOOP) {
                workers.execute(() -> remember(blocks, decision));
            } else {
                remember(blocks, decision);
            }
        };
    }

    private void tellMatch(Decision.Picked decision, BlockHashes blocks) {
        PrefixMatch match = decision.endpoint().get(key);
        int matched = match == null ? 0 : match.matchBlocks();
        observer.prefixMatched(
                name, TYPE, matched, blocks.size(), BYTES_PER_TOKEN * matched * blocks.blockSizeTokens());
    }

    /** Tells of the index once it is used: a producer may be made for a configuration that is then refused. */
    private void tellIndex() {
        if (!indexTold) {
            indexTold = true; // twice is as good as once
            observer.prefixIndexMade(pool, name, TYPE, index::size);
        }
    }

    private void remember(BlockHashes blocks, Decision.Picked decision) {
        tellIndex();
        add(blocks, decision.endpoint());
        ProfileResult.Picked prefill = decision.profiles().get(Decision.PREFILL_PROFILE);
        if (prefill != null && !decision.primaryProfile().equals(Decision.PREFILL_PROFILE)) {
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

    /** Leaves the pool, which would keep the index alive. */
    @Override
    public void close() {
        leave.run();
    }
}
