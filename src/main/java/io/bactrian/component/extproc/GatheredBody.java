package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.request.RequestBytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A request body that comes in pieces, counted by the memory budget from its first byte until the last reference is given back.
 * Filled by one stream; then safe between threads.
 */
final class GatheredBody implements RequestBytes {
    /** Pieces after which those before are copied into one: a body may come byte by byte. */
    private static final int MAX_PIECES = 1024;

    private final MemoryBudget budget;
    private final AtomicInteger references = new AtomicInteger(1);
    private final AtomicBoolean kept = new AtomicBoolean(true);
    private List<ByteString> pieces = new ArrayList<>(1);
    private int length;

    GatheredBody(MemoryBudget budget) {
        this.budget = budget;
    }

    /**
     * Takes {@code piece} and counts it.
     *
     * @return whether all bodies are within the budget still
     */
    boolean add(ByteString piece) {
        if (piece.isEmpty()) {
            return true;
        }
        if (pieces.size() == MAX_PIECES) {
            ByteString joined = joined();
            pieces.clear();
            pieces.add(joined);
        }
        pieces.add(piece);
        length += piece.size();
        return budget.take(piece.size());
    }

    private ByteString joined() {
        ByteBuffer all = ByteBuffer.allocate(length);
        pieces.forEach(piece -> piece.copyTo(all));
        return UnsafeByteOperations.unsafeWrap(all.flip()); // nobody else has the buffer
    }

    /** Returns the pieces in the order in which they came. */
    List<ByteString> pieces() {
        return pieces;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public List<ByteBuffer> views() {
        List<ByteBuffer> views = new ArrayList<>(pieces.size());
        for (ByteString piece : pieces) {
            views.addAll(piece.asReadOnlyByteBufferList());
        }
        return views;
    }

    /** Gives back the reference that the stream holds; again it has no effect. */
    void letGo() {
        if (kept.compareAndSet(true, false)) {
            release();
        }
    }

    @Override
    public RequestBytes retain() {
        references.incrementAndGet();
        return this;
    }

    @Override
    public void release() {
        if (references.decrementAndGet() == 0) {
            budget.giveBack(length);
            pieces = List.of();
        }
    }
}
