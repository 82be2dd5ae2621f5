package io.bactrian.simulator.engine;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;

/**
 * A model server's engine without a model: it decides when tokens come, not which.
 *
 * <p>Not safe between threads: all calls and all callbacks happen on the one thread of its {@link SimulationClock}.
 */
public final class InferenceEngine {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final EngineOptions options;
    private final EngineTime time;
    private final EngineMetrics metrics;
    private final Batch batch;
    private final Runnable onTokens;
    private LatencyModel latency;
    private Pacer pacer;

    /** Creates an engine whose KV blocks nobody watches. */
    public InferenceEngine(EngineOptions options, SimulationClock clock) {
        this(options, clock, KvCacheObserver.NONE, () -> {});
    }

    /**
     * Creates an engine.
     *
     * @param onTokens called after the listeners of all sequences that got a token, or ended, at the same moment
     */
    public InferenceEngine(EngineOptions options, SimulationClock clock, KvCacheObserver observer, Runnable onTokens) {
        this.options = options;
        this.time = new EngineTime(clock);
        this.metrics = new EngineMetrics((long) options.kvBlocks() * options.blockSizeTokens());
        this.batch = new Batch(options, observer, metrics, this::wake, nanos -> time.at(nanos, this::wake));
        this.onTokens = onTokens;
        this.latency = options.latency();
        this.pacer = pacer(latency);
    }

    /** Returns the seed of the random stream that belongs to {@code id}, whatever else is going on. */
    public static long seedFor(long seed, String id) {
        long hash = FNV_OFFSET;
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return seed ^ hash;
    }

    /** Tells whether {@code count} more sequences would be accepted. */
    public boolean hasRoomFor(int count) {
        return batch.hasRoomFor(count);
    }

    /** Queues a sequence; its first token never comes within this call. */
    public Submission submit(SequenceRequest request, SequenceListener listener) {
        int needed = batch.blocksFor(request.prompt().size());
        if (needed > options.kvBlocks()) {
            return new Submission.NeverFits(needed, options.kvBlocks());
        }
        if (!batch.hasRoomFor(1)) {
            return new Submission.QueueFull(batch.waiting());
        }
        Sequence sequence = new Sequence(request, listener, seedFor(options.seed(), request.id()), time.now());
        batch.enqueue(sequence);
        pacer.wake();
        return new Submission.Accepted(sequence);
    }

    /** Drops a sequence and frees its blocks; does nothing if it has ended already. */
    public void abort(Sequence sequence) {
        if (sequence.state == Sequence.State.ENDED) {
            return;
        }
        batch.abort(sequence, time.now());
        pacer.wake();
    }

    /** Frees the blocks an ended sequence has kept; does nothing if there are none. */
    public void releaseBlocks(Sequence sequence) {
        if (sequence.state == Sequence.State.ENDED) {
            batch.releaseBlocks(sequence);
            pacer.wake();
        }
    }

    /** Returns how many leading tokens of {@code prompt} are in the prefix cache, in whole blocks. */
    public int cachedTokens(TokenIds prompt, long cacheRoot) {
        return batch.cachedBlocks(blockHashes(prompt, cacheRoot)) * options.blockSizeTokens();
    }

    /** Returns how many of the leading blocks with these chained hashes are in the prefix cache. */
    public int cachedBlocks(long[] blockHashes) {
        return batch.cachedBlocks(blockHashes);
    }

    /** Returns the chained hashes of the full blocks of {@code prompt}, in order. */
    public long[] blockHashes(TokenIds prompt, long cacheRoot) {
        int size = options.blockSizeTokens();
        long[] hashes = new long[prompt.size() / size];
        long hash = cacheRoot;
        for (int i = 0; i < hashes.length * size; i++) {
            hash = BlockHash.mix(hash, prompt.get(i));
            if ((i + 1) % size == 0) {
                hashes[i / size] = hash;
            }
        }
        return hashes;
    }

    /** Returns a hash of a whole prompt, by which two engines can tell whether they mean the same one. */
    public static long promptHash(TokenIds prompt, long cacheRoot) {
        long hash = cacheRoot;
        for (int i = 0; i < prompt.size(); i++) {
            hash = BlockHash.mix(hash, prompt.get(i));
        }
        return hash;
    }

    /** Returns a link for KV entries, as slow as this engine is. */
    public TransferLink newLink(TransferCost cost) {
        return new TransferLink(cost, time);
    }

    /** Runs {@code action} after {@code nanos}, or later if the engine hangs then. */
    public void after(long nanos, Runnable action) {
        time.at(time.now() + nanos, action);
    }

    /** Returns how long things take. */
    public LatencyModel latency() {
        return latency;
    }

    /** Changes how long things take; a step that has begun is given up and begins again. */
    public void changeLatency(LatencyModel changed) {
        pacer.stop();
        latency = changed;
        pacer = pacer(changed);
        if (pacer instanceof SequencePacer sequencePacer) {
            sequencePacer.adopt();
        }
        pacer.wake();
    }

    /** Makes everything take {@code factor} times as long, from the next step on. */
    public void slow(double factor) {
        if (!(factor > 0)) {
            throw new IllegalArgumentException("factor: " + factor + " (expected: > 0)");
        }
        time.slowness(factor);
    }

    /** Lets nothing happen for {@code duration}. */
    public void hang(Duration duration) {
        time.hang(duration.toNanos());
    }

    /** Ends the engine: nothing it holds ever gets another token. */
    public void stop() {
        pacer.stop();
    }

    /** Returns the number of running sequences. */
    public int running() {
        return batch.running().size();
    }

    /** Returns the number of waiting sequences. */
    public int waiting() {
        return batch.waiting();
    }

    /** Returns the number of KV blocks held by running sequences. */
    public int referencedBlocks() {
        return batch.cache().referencedBlocks();
    }

    /** Returns the number of KV blocks that can be found again by their content. */
    public int cachedBlocks() {
        return batch.cache().cachedBlocks();
    }

    /** Returns the share of KV blocks held by running sequences, from 0 to 1. */
    public double kvCacheUsage() {
        return (double) referencedBlocks() / options.kvBlocks();
    }

    /** Returns the adapters of running sequences. */
    public Set<String> runningAdapters() {
        return batch.runningAdapters();
    }

    /** Returns the adapters that waiting sequences want and no running one has. */
    public Set<String> waitingAdapters() {
        return batch.waitingAdapters();
    }

    /** Returns how often an adapter has been loaded. */
    public long adapterLoads() {
        return batch.adapterLoads();
    }

    /** Returns what the engine has done so far. */
    public EngineMetrics metrics() {
        return metrics;
    }

    /** Returns size and seed; {@link EngineOptions#latency()} is the latency it began with. */
    public EngineOptions options() {
        return options;
    }

    private void wake() {
        pacer.wake();
    }

    private Pacer pacer(LatencyModel model) {
        if (model instanceof StepLatency step) {
            return new StepPacer(batch, step, options.maxBatchedTokens(), time, onTokens);
        }
        return new SequencePacer(batch, (SequenceLatency) model, options.maxSequences(), time, onTokens);
    }
}
