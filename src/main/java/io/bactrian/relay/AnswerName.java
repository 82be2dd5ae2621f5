package io.bactrian.relay;

import io.bactrian.api.AnswerStrings;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads what a model server calls the response or conversation that it answers with: the {@code id} by which a client comes back to it.
 * Once that is known, nothing is looked at any more. One answer.
 */
final class AnswerName {
    /** Longer than any id that is made up by a program; what is longer is none. */
    private static final int MAX_BYTES = 256;

    private final AnswerStrings ids;
    private final byte[] name = new byte[MAX_BYTES];
    private int length;
    private boolean isUsable = true;
    private boolean ended;

    /** @param events whether the answer is a stream of events, else JSON */
    AnswerName(boolean events) {
        ids = AnswerStrings.id(events);
    }

    /** Reads on in {@code content}, which stays as it is. */
    void read(ByteBuf content) {
        if (ended) {
            return;
        }
        ByteBuffer bytes = content.nioBuffer(content.readerIndex(), content.readableBytes())
                .slice();
        int at = 0;
        while (!ended && at < bytes.limit()) {
            boolean within = ids.isInValue();
            int next = ids.next(bytes, at);
            if (within) {
                keep(bytes, at, next);
                ended = !ids.isInValue();
                next++;
            }
            at = next;
        }
    }

    private void keep(ByteBuffer bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte letter = bytes.get(i);
            isUsable &= length < MAX_BYTES && letter > ' ' && letter != '\\';
            if (isUsable) {
                name[length++] = letter;
            }
        }
    }

    /** Returns the name, once it is known and if it is one that fits a path; else the empty string. */
    String name() {
        return ended && isUsable ? new String(name, 0, length, StandardCharsets.US_ASCII) : "";
    }
}
