package io.bactrian.simulator.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Who waits and who runs, and which KV blocks they hold.
 *
 * <p>First come, first served: the head of the queue runs as soon as a seat is free and its whole prompt finds blocks,
 * and nobody overtakes it, unless it waits for its adapter to be loaded. Blocks for generated tokens are taken as they are needed; when none is left, the sequence
 * that started last gives its blocks back and returns to the head of the queue, to compute everything again.
 */
final class Batch {
    private final EngineOptions options;
    private final KvCacheObserver observer;
    private final KvCache cache;
    private final EngineMetrics metrics;
    private final Runnable onLoaded;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    // In the order in which they started.
    private final List<Sequence> running = new ArrayList<>();
    private final AdapterPlaces adapters;
    private final LongConsumer wakeAt;

    // Those with blocks but no seat: their prompts are on the way, or have come.
    private final List<Sequence> loading = new ArrayList<>();
    private final Deque<Sequence> loaded = new ArrayDeque<>();

    /**
     * @param onLoaded is run when a sequence has what it had to load
     * @param wakeAt is told when an adapter will have been loaded, so that a waiting sequence may be able to run
     */
    Batch(
            EngineOptions options,
            KvCacheObserver observer,
            EngineMetrics metrics,
            Runnable onLoaded,
            LongConsumer wakeAt) {
        this.options = options;
        this.adapters = new AdapterPlaces(options.adapters(), options.seed());
        this.wakeAt = wakeAt;
        this.observer = observer;
        this.cache = new KvCache(options.kvBlocks(), observer);
        this.metrics = metrics;
        this.onLoaded = onLoaded;
    }

    KvCache cache() {
        return cache;
    }

    List<Sequence> running() {
        return running;
    }

    /** Returns how many wait for a seat, for blocks or for what is loaded into them. */
    int waiting() {
        return waiting.size() + loading.size() + loaded.size();
    }

    /** Tells whether {@code count} more sequences may come: free seats count as places in the queue. */
    boolean hasRoomFor(int count) {
        int freeSeats = Math.max(0, options.maxSequences() - running.size());
        return waiting() + count <= options.maxWaiting() + freeSeats;
    }

    long preemptions() {
        return metrics.preemptions();
    }

    int blocksFor(int tokens) {
        return (tokens + options.blockSizeTokens() - 1) / options.blockSizeTokens();
    }

    void enqueue(Sequence sequence) {
        waiting.add(sequence);
    }

    /** Starts the head of the queue, or returns null if there is none or no place for it. */
    @Nullable
    Sequence startNext(long nowNanos) {
        if (running.size() >= options.maxSequences()) {
            endThoseThatOutgrewTheCache(nowNanos);
            return null;
        }
        if (!loaded.isEmpty()) {
            return seat(loaded.remove(), true);
        }
        Sequence next = takeNext(nowNanos);
        while (next != null && next.state == Sequence.State.LOADING) {
            next = takeNext(nowNanos);
        }
        return next;
    }

    /** Takes the head of the queue and gives it blocks, and a seat unless it has something to load first. */
    private @Nullable Sequence takeNext(long nowNanos) {
        endThoseThatOutgrewTheCache(nowNanos);
        Sequence next = firstRunnable(nowNanos);
        if (next == null) {
            return null;
        }
        List<KvBlock> cached = new ArrayList<>();
        long hash = findCached(next, cached);
        int unreferenced = 0;
        for (KvBlock block : cached) {
            unreferenced += block.references == 0 ? 1 : 0;
        }
        int missing = blocksFor(next.totalTokens()) - cached.size();
        if (missing > cache.availableBlocks() - unreferenced) {
            return null;
        }
        waiting.remove(next);
        adapters.use(next.request.adapter());
        cached.forEach(cache::share);
        boolean first = !next.hasRunBefore();
        boolean loads = next.wantsLoad();
        next.start(cached, hash, options.blockSizeTokens(), nowNanos);
        for (int i = 0; i < missing; i++) {
            next.blocks.add(cache.allocate());
        }
        if (loads) {
            load(next);
            return next;
        }
        return seat(next, first);
    }

    private Sequence seat(Sequence sequence, boolean first) {
        sequence.state = Sequence.State.RUNNING;
        running.add(sequence);
        if (first) {
            metrics.admitted(sequence);
        }
        return sequence;
    }

    private void load(Sequence sequence) {
        ExternalKv source = sequence.request.handoff().source();
        if (source != null) {
            sequence.state = Sequence.State.LOADING;
            loading.add(sequence);
            sequence.cancelLoad = source.load(sequence.cachedTokens(), tokens -> loaded(sequence, tokens));
        }
    }

    private void loaded(Sequence sequence, int tokens) {
        if (loading.remove(sequence)) {
            sequence.loaded(tokens);
            if (options.prefixCaching()) {
                sequence.storeFullBlocks(cache, observer, options.blockSizeTokens());
            }
            loaded.add(sequence);
            onLoaded.run();
        }
    }

    /** Returns how many of the leading blocks with these hashes are cached. */
    int cachedBlocks(long[] blockHashes) {
        int cached = 0;
        while (options.prefixCaching() && cached < blockHashes.length && cache.find(blockHashes[cached]) != null) {
            cached++;
        }
        return cached;
    }

    /** Returns the first that waits for no adapter, and begins to load the adapters of those before it. */
    private @Nullable Sequence firstRunnable(long nowNanos) {
        for (Sequence sequence : waiting) {
            String adapter = sequence.request.adapter();
            if (adapters.isReady(adapter, nowNanos)) {
                return sequence;
            }
            long ready = adapters.load(adapter, nowNanos);
            if (ready >= 0 && ready <= nowNanos) {
                return sequence;
            }
            if (ready >= 0) {
                wakeAt.accept(ready);
            }
        }
        return null;
    }

    /** Returns how often an adapter has been loaded. */
    long adapterLoads() {
        return adapters.loads();
    }

    /** Returns the adapters of the running sequences. */
    Set<String> runningAdapters() {
        return adaptersOf(running);
    }

    /** Returns the adapters that waiting sequences want and no running one has. */
    Set<String> waitingAdapters() {
        Set<String> wanted = adaptersOf(waiting);
        wanted.removeAll(runningAdapters());
        return wanted;
    }

    private static Set<String> adaptersOf(Collection<Sequence> sequences) {
        Set<String> names = new TreeSet<>();
        for (Sequence sequence : sequences) {
            if (!sequence.request.adapter().isEmpty()) {
                names.add(sequence.request.adapter());
            }
        }
        return names;
    }

    /**
     * Gives a running sequence the blocks for all its tokens, at the cost of those that started after it.
     *
     * @return whether it still runs
     */
    boolean reserve(Sequence sequence, long nowNanos) {
        while (sequence.blocks.size() < blocksFor(sequence.totalTokens())) {
            if (cache.availableBlocks() > 0) {
                sequence.blocks.add(cache.allocate());
            } else if (cache.referencedBlocks() == sequence.blocks.size()) {
                // Alone and out of blocks, none of them kept for others: waiting would never help.
                finish(sequence, FinishReason.LENGTH, nowNanos);
                return false;
            } else {
                Sequence youngest = running.get(running.size() - 1);
                preempt(youngest);
                if (youngest == sequence) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Notes that {@code tokens} more were computed, and generates a token if none is missing. */
    void compute(Sequence sequence, int tokens, long nowNanos) {
        sequence.computed += tokens;
        if (options.prefixCaching()) {
            sequence.storeFullBlocks(cache, observer, options.blockSizeTokens());
        }
        if (sequence.tokensToCompute() > 0) {
            return;
        }
        sequence.generate(nowNanos);
        metrics.token(sequence, nowNanos);
        sequence.lastTokenNanos = nowNanos;
        sequence.listener.tokenGenerated(sequence);
        if (sequence.isComplete() && sequence.isRunning()) {
            finish(sequence, sequence.request.output().finishReason(), nowNanos);
        }
    }

    void abort(Sequence sequence, long nowNanos) {
        sequence.cancelLoad.run();
        if (sequence.state != Sequence.State.WAITING) {
            adapters.leave(sequence.request.adapter());
        }
        switch (sequence.state) {
            case WAITING -> waiting.remove(sequence);
            case LOADING -> loading.remove(sequence);
            case LOADED -> loaded.remove(sequence);
            case RUNNING, ENDED -> running.remove(sequence);
        }
        releaseBlocks(sequence);
        sequence.end(FinishReason.ABORT);
        metrics.ended(sequence, FinishReason.ABORT, nowNanos);
    }

    /** A preempted sequence may have become longer than the whole cache: it could not run even alone. */
    private void endThoseThatOutgrewTheCache(long nowNanos) {
        for (Sequence next = waiting.peek(); next != null; next = waiting.peek()) {
            if (blocksFor(next.totalTokens()) <= cache.capacity()) {
                return;
            }
            waiting.remove();
            end(next, FinishReason.LENGTH, nowNanos);
        }
    }

    private long findCached(Sequence sequence, List<KvBlock> cached) {
        long hash = sequence.request.cacheRoot();
        if (!options.prefixCaching()) {
            return hash;
        }
        int full = sequence.totalTokens() / options.blockSizeTokens();
        for (int i = 0; i < full; i++) {
            long next = sequence.hashOfBlock(i, hash, options.blockSizeTokens());
            KvBlock block = cache.find(next);
            if (block == null) {
                break;
            }
            cached.add(block);
            hash = next;
        }
        return hash;
    }

    private void preempt(Sequence sequence) {
        running.remove(sequence);
        adapters.leave(sequence.request.adapter());
        releaseBlocks(sequence);
        sequence.stop(Sequence.State.WAITING);
        waiting.addFirst(sequence);
        metrics.preempted();
    }

    private void finish(Sequence sequence, FinishReason reason, long nowNanos) {
        running.remove(sequence);
        adapters.leave(sequence.request.adapter());
        if (reason != FinishReason.LENGTH || !sequence.request.handoff().keepsBlocks()) {
            releaseBlocks(sequence);
        }
        end(sequence, reason, nowNanos);
    }

    private void end(Sequence sequence, FinishReason reason, long nowNanos) {
        sequence.end(reason);
        metrics.ended(sequence, reason, nowNanos);
        sequence.listener.finished(sequence);
    }

    void releaseBlocks(Sequence sequence) {
        for (int i = sequence.blocks.size() - 1; i >= 0; i--) {
            cache.release(sequence.blocks.get(i));
        }
        sequence.blocks.clear();
    }
}
