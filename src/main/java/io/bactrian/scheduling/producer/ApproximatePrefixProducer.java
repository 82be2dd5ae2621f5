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
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.ReportedUsage;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.SchedulingObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

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
        return new SentPrompt(blocks, request.prompt().estimatedTokens());
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

    private ApproximatePrefixIndex.Sent add(BlockHashes blocks, EndpointState endpoint) {
        EndpointMetrics metrics = endpoint.metrics();
        return index.add(blocks, endpoint.endpoint(), settings.capacityBlocks(metrics, blocks.blockSizeTokens()));
    }

    private void forgetAllBut(EndpointPool.Snapshot snapshot) {
        index.retainOnly(
                snapshot.members().stream().map(EndpointPool.Member::endpoint).toList());
    }

    /** One request's prompts, at the endpoints that they are sent to. */
    private final class SentPrompt implements RequestListener {
        private final BlockHashes blocks;
        private final int estimatedTokens;
        private @Nullable Attempt latest;

        SentPrompt(BlockHashes blocks, int estimatedTokens) {
            this.blocks = blocks;
            this.estimatedTokens = estimatedTokens;
        }

        @Override
        public void picked(Decision.Picked decision) {
            tellMatch(decision, blocks);
            computed();
            Attempt attempt = new Attempt(decision);
            latest = attempt;
            if (blocks.size() > MAX_BLOCKS_ON_EVENT_LOOP) {
                workers.execute(() -> attempt.remember(blocks));
            } else {
                attempt.remember(blocks);
            }
        }

        @Override
        public void answerBegins(ResponseHeaders headers) {
            computed();
        }

        @Override
        public void ended(Outcome outcome) {
            computed();
        }

        private void computed() {
            if (latest != null) {
                latest.computed();
            }
        }

        @Override
        public void reported(ReportedUsage usage) {
            Attempt attempt = latest;
            if (attempt == null
                    || attempt.prefilledElsewhere
                    || usage.cachedTokens().isEmpty()) {
                return; // who was handed the blocks says nothing of its own cache
            }
            if (blocks.prompts() == 1 && usage.promptTokens() > 0) { // of several prompts only the sum is reported
                CachedPrompt cached = CachedPrompt.of(
                        usage.promptTokens(),
                        usage.cachedTokens().getAsInt(),
                        blocks.size(),
                        blocks.blockSizeTokens(),
                        estimatedTokens);
                PrefixMatch match = attempt.endpoint.get(key);
                int predicted = match == null ? 0 : match.matchBlocks();
                int blockTokens = attempt.endpoint.metrics().blockSizeTokens().orElse(blocks.blockSizeTokens());
                int dropped = attempt.reported(cached.heldBlocks(blockTokens));
                observer.prefixReported(name, TYPE, cached.tokens(predicted), cached.tokens(), dropped);
            }
        }
    }

    /** The prompts at one choice of endpoints. */
    private final class Attempt {
        final EndpointState endpoint;
        final boolean prefilledElsewhere;
        private final @Nullable EndpointState prefill;
        private ApproximatePrefixIndex.@Nullable Sent sent;
        private ApproximatePrefixIndex.@Nullable Sent prefilled;
        private boolean computed;

        Attempt(Decision.Picked decision) {
            endpoint = decision.endpoint();
            ProfileResult.Picked result = decision.profiles().get(Decision.PREFILL_PROFILE);
            prefilledElsewhere = result != null && !decision.primaryProfile().equals(Decision.PREFILL_PROFILE);
            prefill = prefilledElsewhere && result != null ? result.endpoints().get(0) : null;
        }

        /** On a worker it may come after the answer. */
        synchronized void remember(BlockHashes blocks) {
            tellIndex();
            sent = add(blocks, endpoint);
            if (prefill != null) {
                prefilled = add(blocks, prefill);
            }
            if (computed) {
                computed();
            }
        }

        synchronized void computed() {
            computed = true;
            if (sent != null) {
                sent.computed();
            }
            if (prefilled != null) {
                prefilled.computed();
            }
        }

        synchronized int reported(int heldBlocks) {
            return sent == null ? 0 : sent.reported(heldBlocks);
        }
    }

    /** Leaves the pool, which would keep the index alive. */
    @Override
    public void close() {
        leave.run();
    }
}
