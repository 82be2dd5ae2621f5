package io.bactrian.kvcache;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import java.util.Arrays;

/**
 * Cuts prompts into KV blocks and hashes them.
 *
 * <p>With B tokens to a block, each token as 4 little-endian bytes, and h<sub>0</sub> the {@link PrefixScope#seed}:
 *
 * <pre>
 * c(i) = XXH64( the tokens of block i )          the last block may be shorter
 * h(i) = XXH64( LE64(c(i)) LE64(h(i-1)) )
 * </pre>
 *
 * <p>Text stands for tokens by its bytes: 4 to a token, zeros after the last. The bytes of a little-endian token are the
 * text's own, so that text is hashed where it lies. This is llm-d's approximate hashing ({@code
 * approx-prefix-cache-producer}); a limit of blocks holds here for the request as a whole, so that a batch of thousands
 * of prompts costs no more than one long prompt.
 *
 * <p>Nothing is allocated for a block. An instance is for one thread and is meant to be used again.
 */
public final class BlockHasher {

    /** Larger blocks than any model server uses; bounds the scratch memory. */
    public static final int MAX_BLOCK_SIZE_TOKENS = 16_384;

    private static final int TOKEN_BYTES = 4;
    private static final Hasher64 XXH64 = Hashing.xxh64();

    private final Sink sink = new Sink();
    private byte[] block = new byte[0];
    private int blockBytes;
    private int filled;
    private long seed;
    private long chained;
    private long[] hashes = new long[256];
    private int count;
    private int maxBlocks;

    /**
     * Hashes {@code prompt}, whose bytes must be held during the call.
     *
     * @param blockSizeTokens tokens in one block, 1 to {@link #MAX_BLOCK_SIZE_TOKENS}
     * @param maxBlocks after so many blocks the rest is not read
     */
    public BlockHashes hash(Prompt prompt, PrefixScope scope, int blockSizeTokens, int maxBlocks) {
        if (blockSizeTokens < 1 || blockSizeTokens > MAX_BLOCK_SIZE_TOKENS) {
            throw new IllegalArgumentException(
                    "blockSizeTokens: " + blockSizeTokens + " (expected: 1 to " + MAX_BLOCK_SIZE_TOKENS + ")");
        }
        blockBytes = blockSizeTokens * TOKEN_BYTES;
        if (block.length < blockBytes) {
            block = new byte[blockBytes];
        }
        seed = scope.seed();
        count = 0;
        this.maxBlocks = maxBlocks;
        int[] ends = new int[prompt.count()];
        int prompts = 0;
        while (prompts < ends.length && count < maxBlocks) {
            chained = seed;
            filled = 0;
            prompt.read(prompts, sink);
            if (filled > 0 && count < maxBlocks) {
                padToToken();
                addBlock(block, 0, filled);
            }
            ends[prompts++] = count;
        }
        return new BlockHashes(Arrays.copyOf(hashes, count), Arrays.copyOf(ends, prompts), blockSizeTokens);
    }

    private boolean addText(byte[] utf8, int offset, int length) {
        int at = offset;
        int end = offset + length;
        if (filled > 0) {
            int taken = Math.min(blockBytes - filled, length);
            System.arraycopy(utf8, at, block, filled, taken);
            filled += taken;
            at += taken;
            if (filled < blockBytes) {
                return true;
            }
            addBlock(block, 0, blockBytes);
        }
        while (end - at >= blockBytes && count < maxBlocks) {
            addBlock(utf8, at, blockBytes);
            at += blockBytes;
        }
        if (count >= maxBlocks) {
            return false;
        }
        System.arraycopy(utf8, at, block, 0, end - at);
        filled = end - at;
        return true;
    }

    private boolean addTokenId(int id) {
        padToToken();
        if (filled == blockBytes) {
            addBlock(block, 0, blockBytes);
            if (count >= maxBlocks) {
                return false;
            }
        }
        block[filled] = (byte) id;
        block[filled + 1] = (byte) (id >>> 8);
        block[filled + 2] = (byte) (id >>> 16);
        block[filled + 3] = (byte) (id >>> 24);
        filled += TOKEN_BYTES;
        if (filled == blockBytes) {
            addBlock(block, 0, blockBytes);
        }
        return count < maxBlocks;
    }

    private void padToToken() {
        while (filled % TOKEN_BYTES != 0) {
            block[filled++] = 0;
        }
    }

    private void addBlock(byte[] bytes, int offset, int length) {
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, 2 * count);
        }
        chained = XXH64.hashLongLongToLong(XXH64.hashBytesToLong(bytes, offset, length), chained);
        hashes[count++] = chained;
        filled = 0;
    }

    /** Keeps the sink's methods out of the hasher's own contract. */
    private final class Sink implements PromptSink {
        @Override
        public boolean text(byte[] utf8, int offset, int length) {
            return count < maxBlocks && addText(utf8, offset, length);
        }

        @Override
        public boolean tokenId(int id) {
            return count < maxBlocks && addTokenId(id);
        }
    }
}
