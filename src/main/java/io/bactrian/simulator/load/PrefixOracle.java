package io.bactrian.simulator.load;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * Computes how many prompt tokens of a workload a pool could find in its prefix caches.
 *
 * <p>The model: requests are served one after the other in the order of their sending, in no time. A prompt of n tokens
 * fills the blocks of {@code blockSizeTokens} that lie wholly inside it; two requests share a block if their prompts are
 * equal up to its end. A request hits its longest run of leading blocks that are cached, but at most (n - 1) /
 * blockSizeTokens of them, because the last token is always computed. Then all of its blocks are used at that moment,
 * the first ones last, so that a cache in need of room gives up the end of a prompt before its beginning. Generated
 * tokens take no room.
 */
public final class PrefixOracle {

    /**
     * The caches of a pool.
     *
     * @param endpoints model servers
     * @param blocks KV blocks of each
     * @param blockSizeTokens tokens in a KV block
     */
    public record Pool(int endpoints, int blocks, int blockSizeTokens) {
        public Pool {
            if (endpoints < 1 || blocks < 1 || blockSizeTokens < 1) {
                throw new IllegalArgumentException("pool: " + endpoints + " x " + blocks + " blocks of "
                        + blockSizeTokens + " tokens (expected: all >= 1)");
            }
            if ((long) endpoints * blocks > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("endpoints * blocks: " + (long) endpoints * blocks
                        + " (expected: <= " + Integer.MAX_VALUE + ")");
            }
        }
    }

    /**
     * Prompt tokens of a workload that are hits, under four ways to use the caches.
     *
     * @param promptTokens all prompt tokens
     * @param unbounded hits if nothing were ever evicted
     * @param optimal hits of one cache with the room of the whole pool that knows the future and always keeps the
     *     blocks needed soonest: no router and no eviction policy can hit more
     * @param sharedLru hits of one cache with the room of the whole pool that evicts the least recently used block
     * @param roundRobin hits if every endpoint evicts its least recently used block and requests go to the endpoints
     *     in turn
     */
    public record Hits(long promptTokens, long unbounded, long optimal, long sharedLru, long roundRobin) {}

    private final Pool pool;
    private final int[][] prompts; // prompts[request][depth] is a block, numbered from 0 by first appearance
    private final int[] hittable; // hittable[request] is how many of its leading blocks may be hits
    private final int blockCount;
    private final long promptTokens;

    private PrefixOracle(Pool pool, List<WorkloadRequest> requests) {
        this.pool = pool;
        PromptBlocks numbering = new PromptBlocks(pool.blockSizeTokens());
        prompts = new int[requests.size()][];
        hittable = new int[requests.size()];
        long tokens = 0;
        for (int request = 0; request < prompts.length; request++) {
            prompts[request] = numbering.blocks(requests.get(request));
            int length = requests.get(request).promptTokens();
            hittable[request] = Math.min(prompts[request].length, (length - 1) / pool.blockSizeTokens());
            tokens += length;
        }
        blockCount = numbering.count();
        promptTokens = tokens;
    }

    /** Returns the hits of {@code workload} in {@code pool}. */
    public static Hits hits(Workload workload, Pool pool) {
        PrefixOracle oracle = new PrefixOracle(pool, workload.requests());
        int everything = pool.endpoints() * pool.blocks();
        return new Hits(
                oracle.promptTokens,
                oracle.leastRecentlyUsed(1, oracle.blockCount + 1),
                oracle.optimal(everything),
                oracle.leastRecentlyUsed(1, everything),
                oracle.leastRecentlyUsed(pool.endpoints(), pool.blocks()));
    }

    /** Returns the hits when request i goes to cache i modulo {@code caches}. */
    private long leastRecentlyUsed(int caches, int capacity) {
        long hits = 0;
        for (int cache = 0; cache < caches; cache++) {
            LruBlocks cached = new LruBlocks(blockCount, capacity);
            for (int request = cache; request < prompts.length; request += caches) {
                int[] prompt = prompts[request];
                int depth = 0;
                while (depth < hittable[request] && cached.contains(prompt[depth])) {
                    depth++;
                }
                hits += depth;
                for (int i = prompt.length - 1; i >= 0; i--) {
                    cached.use(prompt[i]);
                }
            }
        }
        return hits * pool.blockSizeTokens();
    }

    /**
     * Belady's rule: give up the block whose next possible hit is furthest away, and of those the same request can hit
     * the deepest. So of the blocks that one request can hit, the kept ones are always a leading run, and the rule,
     * optimal for single blocks, is optimal for prefixes.
     */
    private long optimal(int capacity) {
        int[][] nextRequests = nextRequests();
        // Kept blocks by next hit: the request's number in the upper half, the depth in its prompt in the lower.
        TreeSet<Long> kept = new TreeSet<>();
        long hits = 0;
        for (int request = 0; request < prompts.length; request++) {
            for (int depth = 0; depth < hittable[request]; depth++) {
                if (kept.remove(hit(request, depth))) {
                    hits++;
                }
            }
            for (int depth = 0; depth < prompts[request].length; depth++) {
                int next = nextRequests[request][depth];
                if (next < prompts.length) {
                    kept.add(hit(next, depth));
                }
            }
            while (kept.size() > capacity) {
                kept.pollLast();
            }
        }
        return hits * pool.blockSizeTokens();
    }

    private static long hit(int request, int depth) {
        return ((long) request << Integer.SIZE) | depth;
    }

    /** Returns, shaped like {@code prompts}, the next request of the block if it can hit it there; else their number. */
    private int[][] nextRequests() {
        int[] soonest = new int[blockCount];
        Arrays.fill(soonest, prompts.length);
        int[][] nextRequests = new int[prompts.length][];
        for (int request = prompts.length - 1; request >= 0; request--) {
            nextRequests[request] = new int[prompts[request].length];
            for (int depth = 0; depth < prompts[request].length; depth++) {
                int block = prompts[request][depth];
                nextRequests[request][depth] = soonest[block];
                // A request that computes the block anew, hit or not, makes keeping it until then worthless.
                soonest[block] = depth < hittable[request] ? request : prompts.length;
            }
        }
        return nextRequests;
    }
}
