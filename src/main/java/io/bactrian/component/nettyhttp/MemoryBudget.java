package io.bactrian.component.nettyhttp;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes of request bodies held at one time, over all connections. Safe between threads. */
public final class MemoryBudget {
    private final long limitBytes;
    private final AtomicLong heldBytes = new AtomicLong();

    public MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Returns the bytes held now. */
    public long heldBytes() {
        return heldBytes.get();
    }

    /** Tells whether {@code bytes} more would still be within the limit. */
    public boolean hasRoomFor(long bytes) {
        return heldBytes.get() + bytes <= limitBytes;
    }

    /** Counts {@code bytes} more and tells whether all is still within the limit. */
    public boolean take(int bytes) {
        return heldBytes.addAndGet(bytes) <= limitBytes;
    }

    /** Counts {@code bytes} less. */
    public void giveBack(int bytes) {
        heldBytes.addAndGet(-bytes);
    }
}
