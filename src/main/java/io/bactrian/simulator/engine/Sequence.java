package io.bactrian.simulator.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One sequence inside an engine, from its submission to its end. Everything happens on the engine's thread. */
public final class Sequence {
    enum State {
        WAITING,
        /** It has blocks and waits for their content from elsewhere. */
        LOADING,
        /** The content has come; it waits for a seat. */
        LOADED,
        RUNNING,
        ENDED
    }

    final SequenceRequest request;
    final SequenceListener listener;
    final RandomGenerator random;
    final List<KvBlock> blocks = new ArrayList<>();
    final long arrivedNanos;
    long startedNanos;
    long firstTokenNanos;
    long lastTokenNanos;
    State state = State.WAITING;
    // Tokens whose KV entries exist; those of the prompt first, then generated ones.
    int computed;
    // Grows whenever the sequence stops running, so that a timer of an earlier run can tell it is out of date.
    int run;
    Runnable cancelLoad = () -> {};

    private int generated;
    private int cachedTokens = -1;
    private int loadedTokens;
    private int storedBlocks;
    private long storedHash;
    private @Nullable FinishReason finishReason;

    Sequence(SequenceRequest request, SequenceListener listener, long seed, long arrivedNanos) {
        this.request = request;
        this.listener = listener;
        this.random = new SplittableRandom(seed);
        this.arrivedNanos = arrivedNanos;
    }

    /** Returns the id of the request. */
    public String id() {
        return request.id();
    }

    /** Returns the number of prompt tokens. */
    public int promptTokens() {
        return request.prompt().size();
    }

    /** Returns the number of prompt tokens that were not computed when the sequence first ran: found or loaded. */
    public int cachedTokens() {
        return Math.max(0, cachedTokens);
    }

    /** Returns how many of {@link #cachedTokens()} came from elsewhere. */
    public int loadedTokens() {
        return loadedTokens;
    }

    /** Returns the ids of the KV blocks it holds; after its end, of those it keeps for others. */
    public List<Integer> blockIds() {
        return blocks.stream().map(block -> block.id).toList();
    }

    /** Returns the number of tokens generated so far. */
    public int generatedTokens() {
        return generated;
    }

    /** Returns why the sequence ended, or null while it has not. */
    public @Nullable FinishReason finishReason() {
        return finishReason;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    boolean wantsLoad() {
        return request.handoff().source() != null && !hasRunBefore();
    }

    /** Tells whether it is yet to generate its first token from a prompt that came from elsewhere to its end. */
    boolean isLoadedWhole() {
        return generated == 0 && loadedTokens > 0 && tokensToCompute() == 1;
    }

    boolean hasRunBefore() {
        return cachedTokens >= 0;
    }

    int totalTokens() {
        return promptTokens() + generated;
    }

    /** Returns the tokens that must be computed before the next one can be generated; at least 1. */
    int tokensToCompute() {
        return totalTokens() - computed;
    }

    /** Tells whether the next step generates a token from context that is complete but for the last token. */
    boolean isDecoding() {
        return generated > 0 && tokensToCompute() == 1;
    }

    boolean isComplete() {
        return generated >= request.output().size();
    }

    int tokenAt(int index) {
        return index < promptTokens()
                ? request.prompt().get(index)
                : request.output().id(index - promptTokens());
    }

    /** Returns the hash of the full block that follows the blocks behind {@code parentHash}. */
    long hashOfBlock(int block, long parentHash, int blockSizeTokens) {
        long hash = parentHash;
        int end = (block + 1) * blockSizeTokens;
        for (int i = block * blockSizeTokens; i < end; i++) {
            hash = BlockHash.mix(hash, tokenAt(i));
        }
        return hash;
    }

    void start(List<KvBlock> cached, long cachedHash, int blockSizeTokens, long nowNanos) {
        state = State.RUNNING;
        blocks.addAll(cached);
        storedBlocks = cached.size();
        storedHash = cached.isEmpty() ? request.cacheRoot() : cachedHash;
        // The last token is computed even if it is cached: the first new token comes out of it.
        computed = Math.min(cached.size() * blockSizeTokens, totalTokens() - 1);
        if (!hasRunBefore()) {
            cachedTokens = Math.min(promptTokens(), cached.size() * blockSizeTokens);
            startedNanos = nowNanos;
        }
    }

    /** Notes that the first {@code tokens} of the prompt are present; the last one is computed all the same. */
    void loaded(int tokens) {
        int present = Math.min(tokens, promptTokens() - 1);
        if (present > computed) {
            computed = present;
            loadedTokens = present - cachedTokens;
            cachedTokens = present;
        }
        state = State.LOADED;
    }

    /** Makes blocks that have become full reusable. */
    void storeFullBlocks(KvCache cache, KvCacheObserver observer, int blockSizeTokens) {
        while ((storedBlocks + 1) * blockSizeTokens <= computed) {
            long parent = storedHash;
            storedHash = hashOfBlock(storedBlocks, parent, blockSizeTokens);
            if (cache.store(blocks.get(storedBlocks), storedHash) && observer != KvCacheObserver.NONE) {
                observer.blockStored(storedHash, parent, tokensOfBlock(storedBlocks, blockSizeTokens));
            }
            storedBlocks++;
        }
    }

    void generate(long nowNanos) {
        generated++;
        if (generated == 1) {
            firstTokenNanos = nowNanos;
        }
    }

    void stop(State next) {
        state = next;
        computed = 0;
        run++;
    }

    void end(FinishReason reason) {
        stop(State.ENDED);
        finishReason = reason;
    }

    private TokenIds tokensOfBlock(int block, int blockSizeTokens) {
        TokenIds tokens = new TokenIds(blockSizeTokens);
        for (int i = 0; i < blockSizeTokens; i++) {
            tokens.add(tokenAt(block * blockSizeTokens + i));
        }
        return tokens;
    }
}
