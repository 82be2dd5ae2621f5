package io.bactrian.simulator.engine;

import org.jspecify.annotations.Nullable;

/** One KV block; a link of the free list while nobody references it. */
final class KvBlock {
    int references;
    boolean cached;
    long hash;

    @Nullable
    KvBlock previous;

    @Nullable
    KvBlock next;
}
