package io.bactrian.kvcache;

import io.bactrian.request.DataKey;

/**
 * How much of a request's prompts an endpoint already holds.
 *
 * @param matchBlocks leading KV blocks it holds, summed over the prompts
 * @param totalBlocks KV blocks of all prompts
 * @param blockSizeTokens tokens in one of these blocks
 */
public record PrefixMatch(int matchBlocks, int totalBlocks, int blockSizeTokens) {

    /** The type by which llm-d names a prefix match. */
    public static final String TYPE = "PrefixCacheMatchInfoDataKey";

    private static final String DEFAULT_PRODUCER = "approx-prefix-cache-producer";

    public PrefixMatch {
        if (matchBlocks < 0 || matchBlocks > totalBlocks) {
            throw new IllegalArgumentException("matchBlocks: " + matchBlocks + " (expected: 0 to " + totalBlocks + ")");
        }
        if (blockSizeTokens < 1) {
            throw new IllegalArgumentException("blockSizeTokens: " + blockSizeTokens + " (expected: >= 1)");
        }
    }

    /** Returns the key under which the producer instance {@code producer} attaches its matches. */
    public static DataKey<PrefixMatch> key(String producer) {
        return new DataKey<>(TYPE, producer);
    }

    /** Returns the key of {@code producer}, or of the approximate producer if the name is empty. */
    public static DataKey<PrefixMatch> keyOrDefault(String producer) {
        return key(producer.isEmpty() ? DEFAULT_PRODUCER : producer);
    }

    /** Returns the matched share of the prompts, 0 to 1; 0 when there are no blocks. */
    public double share() {
        return totalBlocks == 0 ? 0 : (double) matchBlocks / totalBlocks;
    }

    /** Returns the matched tokens. */
    public long matchTokens() {
        return (long) matchBlocks * blockSizeTokens;
    }
}
