package io.bactrian.simulator.load;

import java.util.Arrays;

/** A cache of numbered blocks that gives up the least recently used one: a linked list in two arrays. */
final class LruBlocks {
    private static final int ABSENT = -1;

    private final int end; // stands before the least and after the most recently used block
    private final int capacity;
    private final int[] older; // by block
    private final int[] newer; // by block; ABSENT if it is not cached
    private int size;

    /** Makes an empty cache for {@code capacity} of the blocks 0 to {@code blockCount} - 1. */
    LruBlocks(int blockCount, int capacity) {
        this.end = blockCount;
        this.capacity = capacity;
        older = new int[blockCount + 1];
        newer = new int[blockCount + 1];
        Arrays.fill(newer, ABSENT);
        older[end] = end;
        newer[end] = end;
    }

    boolean contains(int block) {
        return newer[block] != ABSENT;
    }

    /** Makes {@code block} the most recently used; if it is new and there is no room, the least recent one goes. */
    void use(int block) {
        if (contains(block)) {
            unlink(block);
        } else if (size == capacity) {
            unlink(newer[end]);
        }
        newer[older[end]] = block;
        older[block] = older[end];
        newer[block] = end;
        older[end] = block;
        size++;
    }

    private void unlink(int block) {
        newer[older[block]] = newer[block];
        older[newer[block]] = older[block];
        newer[block] = ABSENT;
        size--;
    }
}
