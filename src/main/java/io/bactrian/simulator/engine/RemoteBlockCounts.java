package io.bactrian.simulator.engine;

import java.util.EnumMap;
import java.util.Map;

/** What has become of the blocks an engine kept for others. Written on the engine's thread, to be read there. */
public final class RemoteBlockCounts {
    private final Map<ReadOutcome, Long> reads = new EnumMap<>(ReadOutcome.class);
    private long transferredBytes;
    private long expiredLeases;

    RemoteBlockCounts() {}

    /** Returns how many reads ended with {@code outcome}; those given up by their reader are not counted. */
    public long reads(ReadOutcome outcome) {
        return reads.getOrDefault(outcome, 0L);
    }

    /** Returns the bytes of all transfers that came to their end. */
    public long transferredBytes() {
        return transferredBytes;
    }

    /** Returns the leases that ran out before anybody had read the blocks: each of them leaked memory until then. */
    public long expiredLeases() {
        return expiredLeases;
    }

    void read(ReadOutcome outcome) {
        reads.merge(outcome, 1L, Long::sum);
    }

    void transferred(long bytes) {
        transferredBytes += bytes;
    }

    void leaseExpired() {
        expiredLeases++;
    }
}
