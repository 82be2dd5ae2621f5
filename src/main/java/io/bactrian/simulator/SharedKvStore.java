package io.bactrian.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * KV blocks that several servers of one process share by content, as LMCache on common storage does. Safe between threads.
 */
public final class SharedKvStore {
    private final Map<Long, Boolean> blocks;

    /** Keeps {@code capacityBlocks} blocks, the least recently used leaving first. */
    public SharedKvStore(int capacityBlocks) {
        if (capacityBlocks < 1) {
            throw new IllegalArgumentException("capacityBlocks: " + capacityBlocks + " (expected: >= 1)");
        }
        this.blocks = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
                return size() > capacityBlocks;
            }
        };
    }

    /** Returns the number of blocks it holds. */
    public synchronized int size() {
        return blocks.size();
    }

    synchronized void store(long hash) {
        blocks.put(hash, true);
    }

    /** Returns how many of the leading blocks with these chained hashes it holds. */
    synchronized int leadingBlocks(long[] hashes) {
        int found = 0;
        while (found < hashes.length && blocks.get(hashes[found]) != null) {
            found++;
        }
        return found;
    }
}
