package io.bactrian.relay;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.bactrian.api.AnswerStrings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Puts the name that the client knows its model by into an answer, where the name of the one that served it stands. One answer. */
final class ModelRenaming {
    /** What is longer is no name; it is passed on as it comes. */
    private static final int MAX_NAME_BYTES = 2048;

    private final AnswerStrings values;
    private final byte[] served;
    private final byte[] servedInAscii;
    private final byte[] client;
    private final ByteArrayOutputStream name = new ByteArrayOutputStream();
    private boolean isTooLong;

    /**
     * @param served the model's name as the model server knows it
     * @param client the same as the client knows it
     * @param events whether the answer is a stream of events, else JSON
     */
    ModelRenaming(String served, String client, boolean events) {
        this.values = AnswerStrings.model(events);
        this.served = quoted(served);
        this.servedInAscii = inAscii(served).getBytes(StandardCharsets.US_ASCII);
        this.client = quoted(client);
    }

    private static byte[] quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text)).getBytes(StandardCharsets.UTF_8);
    }

    /** Writes {@code text} as Python's json does by default. */
    private static String inAscii(String text) {
        StringBuilder ascii = new StringBuilder();
        for (char letter : JsonStringEncoder.getInstance().quoteAsString(text)) {
            ascii.append(letter < 0x80 ? String.valueOf(letter) : String.format("\\u%04x", (int) letter));
        }
        return ascii.toString();
    }

    /** Takes {@code piece} with its reference and gives {@code out} what goes on to the client. */
    void pass(ByteBuf piece, Consumer<ByteBuf> out) {
        int shift = piece.readerIndex();
        ByteBuffer bytes = piece.nioBuffer(shift, piece.readableBytes()).slice();
        int from = 0;
        int at = 0;
        boolean changed = true;
        while (changed) {
            boolean wasInName = values.isInValue();
            int next = values.next(bytes, at);
            changed = values.isInValue() != wasInName;
            if (wasInName) {
                keep(bytes, at, next, out);
                from = next;
                if (changed) {
                    give(named(), out);
                }
            } else if (changed) {
                give(piece, shift + from, shift + next, out);
                from = next;
            }
            at = wasInName && changed ? next + 1 : next;
        }
        if (from == 0) {
            out.accept(piece);
            return;
        }
        give(piece, shift + from, shift + bytes.limit(), out);
        piece.release();
    }

    /** Gives {@code out} what was held of a name that has no end. */
    void end(Consumer<ByteBuf> out) {
        give(name.toByteArray(), out);
        name.reset();
    }

    private void keep(ByteBuffer bytes, int from, int to, Consumer<ByteBuf> out) {
        byte[] part = new byte[to - from];
        bytes.get(from, part);
        name.writeBytes(part);
        if (name.size() > MAX_NAME_BYTES || isTooLong) {
            isTooLong = true;
            end(out);
        }
    }

    private byte[] named() {
        byte[] found = name.toByteArray();
        name.reset();
        isTooLong = false;
        return Arrays.equals(found, served) || Arrays.equals(found, servedInAscii) ? client : found;
    }

    private static void give(ByteBuf piece, int from, int to, Consumer<ByteBuf> out) {
        if (to > from) {
            out.accept(piece.retainedSlice(from, to - from));
        }
    }

    private static void give(byte[] bytes, Consumer<ByteBuf> out) {
        if (bytes.length > 0) {
            out.accept(Unpooled.wrappedBuffer(bytes));
        }
    }
}
