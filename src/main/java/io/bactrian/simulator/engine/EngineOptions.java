package io.bactrian.simulator.engine;

/**
 * The size and speed of an engine.
 *
 * @param maxSequences sequences that may run together (vLLM {@code --max-num-seqs})
 * @param maxBatchedTokens tokens computed in one step at most; longer prompts are read in several steps (vLLM
 *     {@code --max-num-batched-tokens})
 * @param maxWaiting sequences that may wait beyond those that can run
 * @param kvBlocks blocks of the KV cache
 * @param blockSizeTokens tokens in a block
 * @param prefixCaching whether blocks are found again by their content
 * @param latency how long everything takes
 * @param seed start of all random delays
 * @param adapters the LoRA adapters it can hold
 */
public record EngineOptions(
        int maxSequences,
        int maxBatchedTokens,
        int maxWaiting,
        int kvBlocks,
        int blockSizeTokens,
        boolean prefixCaching,
        LatencyModel latency,
        long seed,
        AdapterOptions adapters) {

    /** 64 sequences, steps of 2048 tokens, 16384 blocks of 16 tokens, an 8-billion-parameter model on one H100. */
    public static final EngineOptions DEFAULTS =
            new EngineOptions(64, 2048, 1000, 16384, 16, true, StepLatency.DEFAULTS, 0);

    /** An engine without adapters. */
    public EngineOptions(
            int maxSequences,
            int maxBatchedTokens,
            int maxWaiting,
            int kvBlocks,
            int blockSizeTokens,
            boolean prefixCaching,
            LatencyModel latency,
            long seed) {
        this(
                maxSequences,
                maxBatchedTokens,
                maxWaiting,
                kvBlocks,
                blockSizeTokens,
                prefixCaching,
                latency,
                seed,
                AdapterOptions.NONE);
    }

    public EngineOptions {
        requireAtLeast("maxSequences", maxSequences, 1);
        requireAtLeast("maxBatchedTokens", maxBatchedTokens, maxSequences);
        requireAtLeast("maxWaiting", maxWaiting, 0);
        requireAtLeast("kvBlocks", kvBlocks, 1);
        requireAtLeast("blockSizeTokens", blockSizeTokens, 1);
    }

    private static void requireAtLeast(String what, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: >= " + least + ")");
        }
    }
}
