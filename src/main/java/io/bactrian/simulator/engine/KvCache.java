package io.bactrian.simulator.engine;

import io.netty.util.collection.LongObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The KV blocks of one engine: shared by reference count, found again by block hash, evicted in the order of last use.
 *
 * <p>A block nobody references stays in the cache until its place is needed. The free list is ordered by the time of
 * release, blocks without reusable content first; a sequence releases its blocks from the last to the first, so that the
 * end of a prompt is evicted before its beginning (as vLLM does).
 */
final class KvCache {
    private final int capacity;
    private final KvCacheObserver observer;
    private final LongObjectHashMap<KvBlock> byHash = new LongObjectHashMap<>();
    // Sentinel of the circular free list: next is evicted first.
    private final KvBlock free = new KvBlock(-1);
    private int created;
    private int referenced;

    KvCache(int capacity, KvCacheObserver observer) {
        this.capacity = capacity;
        this.observer = observer;
        free.next = free;
        free.previous = free;
    }

    int capacity() {
        return capacity;
    }

    int referencedBlocks() {
        return referenced;
    }

    int cachedBlocks() {
        return byHash.size();
    }

    int availableBlocks() {
        return capacity - referenced;
    }

    @Nullable
    KvBlock find(long hash) {
        return byHash.get(hash);
    }

    /** References a block that {@link #find} returned. */
    void share(KvBlock block) {
        if (block.references++ == 0) {
            unlink(block);
            referenced++;
        }
    }

    /** Takes a block for new content, evicting if it must; only to be called while {@link #availableBlocks()} > 0. */
    KvBlock allocate() {
        KvBlock block;
        if (created < capacity && (free.next == free || first().cached)) {
            block = new KvBlock(created++);
        } else {
            block = first();
            unlink(block);
            evict(block);
        }
        block.references = 1;
        referenced++;
        return block;
    }

    /**
     * Makes a full block reusable. Where another block of equal content is known already, that one stays the known one.
     *
     * @return whether the content is new to the cache
     */
    boolean store(KvBlock block, long hash) {
        if (block.cached || byHash.containsKey(hash)) {
            return false;
        }
        block.cached = true;
        block.hash = hash;
        byHash.put(hash, block);
        return true;
    }

    void release(KvBlock block) {
        if (--block.references > 0) {
            return;
        }
        referenced--;
        KvBlock before = block.cached ? last() : free;
        link(before, block);
    }

    private void evict(KvBlock block) {
        if (block.cached) {
            byHash.remove(block.hash);
            block.cached = false;
            observer.blockRemoved(block.hash);
        }
    }

    private KvBlock first() {
        return require(free.next);
    }

    private KvBlock last() {
        return require(free.previous);
    }

    private static void link(KvBlock before, KvBlock block) {
        KvBlock after = require(before.next);
        block.previous = before;
        block.next = after;
        before.next = block;
        after.previous = block;
    }

    private static void unlink(KvBlock block) {
        KvBlock before = require(block.previous);
        KvBlock after = require(block.next);
        before.next = after;
        after.previous = before;
        block.previous = null;
        block.next = null;
    }

    private static KvBlock require(@Nullable KvBlock block) {
        if (block == null) {
            throw new IllegalStateException("a KV block has lost its place in the free list");
        }
        return block;
    }
}
