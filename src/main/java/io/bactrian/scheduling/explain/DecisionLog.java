package io.bactrian.scheduling.explain;

import io.bactrian.scheduling.DecisionTrace;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The latest decisions of all pools, in a ring: each new one takes the place of the oldest. Safe between threads, and without
 * locks, as it stands in the way of every request; looking one up may take its time.
 */
public final class DecisionLog {
    private final AtomicReferenceArray<DecisionRecord> ring;
    private final AtomicLong next = new AtomicLong();

    /** @param capacity decisions that are kept; 0 for none */
    public DecisionLog(int capacity) {
        ring = new AtomicReferenceArray<>(capacity);
    }

    /** Keeps the decision that {@code trace} tells of. */
    public void add(DecisionTrace trace) {
        if (ring.length() > 0) {
            int slot = (int) (next.getAndIncrement() % ring.length());
            ring.setRelease(slot, DecisionRecord.of(trace));
        }
    }

    /** Returns the decisions for request {@code requestId}, the first attempt first; none if there are none any more. */
    public List<DecisionRecord> find(String requestId) {
        Deque<DecisionRecord> found = new ArrayDeque<>();
        long end = next.get();
        for (long at = end - 1; at >= Math.max(0, end - ring.length()); at--) {
            DecisionRecord record = ring.getAcquire((int) (at % ring.length()));
            if (record != null && record.requestId().equals(requestId)) {
                found.addFirst(record);
            }
        }
        return List.copyOf(found);
    }
}
