package io.bactrian.simulator.engine;

/** Chained hash of KV blocks: a block's hash stands for its tokens and for everything before them. */
final class BlockHash {
    // Odd constants of the splitmix64 generator; any well-mixed permutation of 64 bits would do.
    private static final long STEP = 0x9E3779B97F4A7C15L;
    private static final long FIRST_MIX = 0xBF58476D1CE4E5B9L;
    private static final long SECOND_MIX = 0x94D049BB133111EBL;

    private BlockHash() {}

    static long mix(long hash, int token) {
        long z = (hash ^ token) + STEP;
        z = (z ^ (z >>> 30)) * FIRST_MIX;
        z = (z ^ (z >>> 27)) * SECOND_MIX;
        return z ^ (z >>> 31);
    }
}
