package io.bactrian.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Finds the few wanted lines of a long text that comes in pieces, cut anywhere.
 *
 * <p>A line is wanted when its first 8 bytes are; all others are only searched for their end, 8 bytes at a time. That is
 * what lets a page of 60 KB, of which five lines matter, cost microseconds. A line longer than the limit is passed over,
 * and so is one without an end: it may be half a line.
 */
final class LineScanner {

    /** Takes one wanted line. */
    interface Lines {
        /** Takes the first {@code length} bytes of {@code line}, which change after the call. */
        void line(byte[] line, int length);
    }

    static final int MAX_LINE_BYTES = 16 * 1024;

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int START_BYTES = Long.BYTES;
    private static final long EACH_BYTE = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long NEWLINES = '\n' * EACH_BYTE;

    private final long[] wantedStarts;
    private final long[] wantedBits; // which bits of a start count: a short name has less than 8 bytes
    private final Lines lines;
    private final byte[] line = new byte[MAX_LINE_BYTES];
    private int held; // bytes in line of one whose end has not come
    private boolean skipping; // the rest of the line is not wanted

    /** @param names what the wanted lines begin with; ASCII */
    LineScanner(List<String> names, Lines lines) {
        this.wantedStarts = new long[names.size()];
        this.wantedBits = new long[names.size()];
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            for (int at = Math.min(START_BYTES, name.length()) - 1; at >= 0; at--) {
                wantedStarts[i] = wantedStarts[i] << 8 | name.charAt(at);
                wantedBits[i] = wantedBits[i] << 8 | 0xFF;
            }
        }
        this.lines = lines;
    }

    /** Forgets what has come; the next piece begins a text. */
    void reset() {
        held = 0;
        skipping = false;
    }

    /** Takes the next piece, from {@code piece}'s position to its limit; neither changes. */
    void feed(ByteBuffer piece) {
        int at = piece.position();
        int limit = piece.limit();
        while (at < limit) {
            if (skipping) {
                at = newline(piece, at, limit) + 1;
                skipping = at > limit;
            } else if (held > 0) {
                at = resume(piece, at, limit);
            } else if (limit - at < START_BYTES) {
                at = hold(piece, at, limit);
            } else if (isWanted((long) LONG.get(piece, at))) {
                at = hold(piece, at, limit);
            } else {
                skipping = true;
            }
        }
    }

    /** Adds to the line that a former piece began. */
    private int resume(ByteBuffer piece, int at, int limit) {
        if (held < START_BYTES) {
            // One byte at a time, until it is known whether the line is wanted.
            byte next = piece.get(at);
            if (next == '\n') {
                lines.line(line, held);
                held = 0;
            } else {
                line[held++] = next;
                if (held == START_BYTES && !isWanted((long) LONG.get(ByteBuffer.wrap(line), 0))) {
                    held = 0;
                    skipping = true;
                }
            }
            return at + 1;
        }
        return hold(piece, at, limit);
    }

    /** Copies to the end of the line and hands it over, or to the end of the piece. Returns where to go on. */
    private int hold(ByteBuffer piece, int at, int limit) {
        int end = newline(piece, at, limit);
        int length = end - at;
        if (length > line.length - held) {
            held = 0;
            skipping = true;
            return at;
        }
        piece.get(at, line, held, length);
        held += length;
        if (end == limit) {
            return limit;
        }
        lines.line(line, held);
        held = 0;
        return end + 1;
    }

    private boolean isWanted(long start) {
        for (int i = 0; i < wantedStarts.length; i++) {
            if ((start & wantedBits[i]) == wantedStarts[i]) {
                return true;
            }
        }
        return false;
    }

    /** Returns the index of the first newline from {@code at} on, or {@code limit}. */
    private static int newline(ByteBuffer piece, int at, int limit) {
        int i = at;
        for (; limit - i >= Long.BYTES; i += Long.BYTES) {
            // A byte of x is 0 where there is a newline; the lowest bit left in found is that of the first such byte.
            long x = (long) LONG.get(piece, i) ^ NEWLINES;
            long found = x - EACH_BYTE & ~x & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (i < limit && piece.get(i) != '\n') {
            i++;
        }
        return i;
    }
}
