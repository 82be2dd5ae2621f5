package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;

/** Replies of one stream on their way to the proxy, which takes them as fast as it can. Used by one thread at a time. */
final class ReplyQueue {
    private final ProcessorStream.Outlet outlet;
    private final ArrayDeque<Reply> waiting = new ArrayDeque<>(4);

    ReplyQueue(ProcessorStream.Outlet outlet) {
        this.outlet = outlet;
    }

    /** Makes a reply of a piece of a body. */
    interface Piece {
        Reply of(ByteString bytes, boolean last);
    }

    void add(Reply reply) {
        waiting.add(reply);
    }

    /** Adds {@code bytes} in pieces that a proxy takes. */
    void add(ByteString bytes, boolean last, Piece piece) {
        if (bytes.size() <= Replies.MAX_PIECE_BYTES) {
            waiting.add(piece.of(bytes, last));
            return;
        }
        int from = 0;
        do {
            int to = Math.min(bytes.size(), from + Replies.MAX_PIECE_BYTES);
            waiting.add(piece.of(bytes.substring(from, to), last && to == bytes.size()));
            from = to;
        } while (from < bytes.size());
    }

    /** Adds a request's body on its way back. */
    void add(GatheredBody body, boolean endsTheBody) {
        int left = body.length();
        if (left == 0) {
            waiting.add(Reply.requestPiece(ByteString.EMPTY, endsTheBody));
        }
        for (ByteString bytes : body.pieces()) {
            left -= bytes.size();
            add(bytes, endsTheBody && left == 0, Reply::requestPiece);
        }
    }

    /** Sends what waits, as far as the proxy takes it. */
    void flush() {
        while (!waiting.isEmpty() && outlet.isReady()) {
            outlet.send(waiting.remove());
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    void clear() {
        waiting.clear();
    }
}
