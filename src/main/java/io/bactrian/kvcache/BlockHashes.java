package io.bactrian.kvcache;

import java.util.Arrays;

/**
 * The chained hashes of a request's KV blocks, prompt after prompt.
 *
 * <p>Holds no text, so it may outlive the request's bytes. Never changes.
 */
public final class BlockHashes {
    private final long[] hashes;
    private final int[] ends;
    private final int blockSizeTokens;

    /**
     * @param hashes the hashes of all prompts, each prompt's from its first block on; owned by this from here on
     * @param ends {@code ends[i]} is where prompt {@code i}'s hashes end in {@code hashes}; owned by this from here on
     * @param blockSizeTokens tokens in one block
     */
    BlockHashes(long[] hashes, int[] ends, int blockSizeTokens) {
        this.hashes = hashes;
        this.ends = ends;
        this.blockSizeTokens = blockSizeTokens;
    }

    /** Returns the number of blocks of all prompts. */
    public int size() {
        return hashes.length;
    }

    /** Returns hash {@code index}, counted over all prompts. */
    public long hash(int index) {
        return hashes[index];
    }

    /** Returns the number of prompts that have blocks here. */
    public int prompts() {
        return ends.length;
    }

    /** Returns the index of the first hash of prompt {@code prompt}. */
    public int start(int prompt) {
        return prompt == 0 ? 0 : ends[prompt - 1];
    }

    /** Returns the index after the last hash of prompt {@code prompt}. */
    public int end(int prompt) {
        return ends[prompt];
    }

    /** Returns the tokens in one block. */
    public int blockSizeTokens() {
        return blockSizeTokens;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockHashes that
                && blockSizeTokens == that.blockSizeTokens
                && Arrays.equals(hashes, that.hashes)
                && Arrays.equals(ends, that.ends);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(hashes);
    }

    @Override
    public String toString() {
        return "BlockHashes[" + hashes.length + " blocks of " + blockSizeTokens + " tokens]";
    }
}
