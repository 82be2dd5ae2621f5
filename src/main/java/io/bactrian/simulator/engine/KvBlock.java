package io.bactrian.simulator.engine;

import org.jspecify.annotations.Nullable;

/** One KV block; a link of the free list while nobody references it. */
final class KvBlock {
    /** Place in the cache, by which other engines name the block. */
    final int id;

    int references;
    boolean cached;
    long hash;

    @Nullable
    KvBlock previous;

    @Nullable
    KvBlock next;

    KvBlock(int id) {
        this.id = id;
    }
}
