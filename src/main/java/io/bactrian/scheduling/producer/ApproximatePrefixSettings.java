package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.BlockHasher;
import io.bactrian.scheduling.PluginParameters;
import java.util.List;

/**
 * The parameters of {@code approx-prefix-cache-producer}.
 *
 * @param autoTune whether block size and capacity are taken from what endpoints report
 * @param blockSizeTokens tokens in one block where that is not reported; less than 64 stands for 64
 * @param maxPrefixTokensToMatch tokens of a request that are looked at; 0 leaves it to {@code maxPrefixBlocksToMatch}
 * @param maxPrefixBlocksToMatch the same in blocks; 0 is no limit
 * @param lruCapacityPerServer blocks to remember for an endpoint that does not report how many it has
 */
record ApproximatePrefixSettings(
        boolean autoTune,
        int blockSizeTokens,
        int maxPrefixTokensToMatch,
        int maxPrefixBlocksToMatch,
        int lruCapacityPerServer) {

    static final ApproximatePrefixSettings DEFAULT = new ApproximatePrefixSettings(true, 16, 131_072, 2048, 31_250);

    /** Smaller blocks cost more to hash and look up than their precision is worth in choosing an endpoint. */
    private static final int MIN_BLOCK_SIZE_TOKENS = 64;

    /** 67 million tokens of 64 to a block: more than any endpoint holds, so that a false report takes no memory. */
    private static final int MAX_CAPACITY_BLOCKS = 1 << 20;

    static ApproximatePrefixSettings read(PluginParameters parameters) {
        boolean autoTune = parameters.flag("autoTune", DEFAULT.autoTune);
        int least = autoTune ? 0 : 1;
        int blockSize = parameters.integer(
                "blockSizeTokens", DEFAULT.blockSizeTokens, least, BlockHasher.MAX_BLOCK_SIZE_TOKENS);
        // The older name; it counts only where the newer one is not used.
        int olderBlockSize = parameters.integer("blockSize", blockSize, least, BlockHasher.MAX_BLOCK_SIZE_TOKENS);
        return new ApproximatePrefixSettings(
                autoTune,
                blockSize == DEFAULT.blockSizeTokens ? olderBlockSize : blockSize,
                parameters.integer("maxPrefixTokensToMatch", DEFAULT.maxPrefixTokensToMatch, 0, Integer.MAX_VALUE),
                parameters.integer("maxPrefixBlocksToMatch", DEFAULT.maxPrefixBlocksToMatch, 0, Integer.MAX_VALUE),
                parameters.integer("lruCapacityPerServer", DEFAULT.lruCapacityPerServer, 1, MAX_CAPACITY_BLOCKS));
    }

    /** Returns the block size to use for all candidates: the first that one reports, or the configured one. */
    int blockSizeTokens(List<EndpointState> candidates) {
        int size = blockSizeTokens;
        if (autoTune) {
            for (EndpointState candidate : candidates) {
                int reported = candidate.metrics().blockSizeTokens().orElse(0);
                if (reported > 0) {
                    size = reported;
                    break;
                }
            }
        }
        return Math.max(MIN_BLOCK_SIZE_TOKENS, Math.min(BlockHasher.MAX_BLOCK_SIZE_TOKENS, size));
    }

    /** Returns how many blocks of a request are looked at. */
    int maxBlocks(int effectiveBlockSizeTokens) {
        if (maxPrefixTokensToMatch > 0) {
            return Math.max(1, maxPrefixTokensToMatch / effectiveBlockSizeTokens);
        }
        return maxPrefixBlocksToMatch > 0 ? maxPrefixBlocksToMatch : Integer.MAX_VALUE;
    }

    /** Returns how many blocks to remember for an endpoint, in blocks of {@code effectiveBlockSizeTokens}. */
    int capacityBlocks(EndpointMetrics metrics, int effectiveBlockSizeTokens) {
        long reportedTokens =
                (long) metrics.kvBlocks().orElse(0) * metrics.blockSizeTokens().orElse(0);
        if (!autoTune || reportedTokens <= 0) {
            return lruCapacityPerServer;
        }
        return (int) Math.max(1, Math.min(MAX_CAPACITY_BLOCKS, reportedTokens / effectiveBlockSizeTokens));
    }
}
