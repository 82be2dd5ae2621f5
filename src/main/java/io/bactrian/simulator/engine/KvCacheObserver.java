package io.bactrian.simulator.engine;

/** Learns which blocks the prefix cache holds; called on the engine's thread. */
public interface KvCacheObserver {

    /** Ignores everything. */
    KvCacheObserver NONE = new KvCacheObserver() {
        @Override
        public void blockStored(long hash, long parentHash, TokenIds tokens) {}

        @Override
        public void blockRemoved(long hash) {}
    };

    /** The block of {@code tokens} that follows {@code parentHash} can be reused from here on. */
    void blockStored(long hash, long parentHash, TokenIds tokens);

    /** The block was evicted. */
    void blockRemoved(long hash);
}
