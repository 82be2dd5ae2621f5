package io.bactrian.api;

import java.nio.ByteBuffer;

/**
 * Finds where a JSON string ends and how long its text is, without decoding it.
 *
 * <p>Runs ahead of the parser, so it must bear what is not JSON: it stops at the body's end at the latest, and leaves
 * complaining to the parser. Eight bytes are compared at once (https://graphics.stanford.edu/~seander/bithacks.html,
 * "determine if a word has a byte equal to n"). One thread.
 */
final class StringScan {
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';

    private final ByteViews bytes;
    private ByteBuffer view;
    private int viewStart;
    private int viewEnd;

    private int end;
    private int textLength;

    StringScan(ByteViews bytes) {
        this.bytes = bytes;
        enter(0);
    }

    /** Measures the string whose opening quote is at {@code quote}. */
    void measure(int quote) {
        int offset = quote + 1;
        int saved = 0;
        int at = special(offset);
        while (at < bytes.length() && byteAt(at) == '\\') {
            int next = at + 2;
            if (byteAt(at + 1) == 'u') {
                int unit = unit(at);
                int low = Character.isHighSurrogate((char) unit) ? unit(at + 6) : -1;
                boolean pair = low >= 0 && Character.isLowSurrogate((char) low);
                next = at + (pair ? 12 : 6);
                saved += pair ? 8 : 6 - utf8Length(unit);
            } else {
                saved++;
            }
            at = special(Math.min(next, bytes.length()));
        }
        end = at;
        textLength = at - offset - saved;
    }

    /** Returns the offset of the closing quote of the string measured last. */
    int end() {
        return end;
    }

    /** Returns how many bytes of UTF-8 the text of the string measured last takes. */
    int textLength() {
        return textLength;
    }

    private static int utf8Length(int unit) {
        if (unit < 0x80) {
            return 1;
        }
        return unit < 0x800 ? 2 : 3;
    }

    /** Returns the UTF-16 unit of the escape at {@code offset}, or -1 if there is none. */
    private int unit(int offset) {
        if (byteAt(offset) != '\\' || byteAt(offset + 1) != 'u') {
            return -1;
        }
        return Hex.four(byteAt(offset + 2), byteAt(offset + 3), byteAt(offset + 4), byteAt(offset + 5));
    }

    private int byteAt(int offset) {
        if (offset >= bytes.length()) {
            return -1;
        }
        if (offset < viewStart || offset >= viewEnd) {
            enter(bytes.indexOf(offset));
        }
        return view.get(offset - viewStart);
    }

    /** Returns the offset of the first quote or backslash from {@code from} on, or the length of the body. */
    private int special(int from) {
        int offset = from;
        while (offset < bytes.length()) {
            if (offset < viewStart || offset >= viewEnd) {
                enter(bytes.indexOf(offset));
            }
            int i = offset - viewStart;
            int limit = viewEnd - viewStart;
            while (i + Long.BYTES <= limit) {
                long word = view.getLong(i);
                long hits = zeroBytes(word ^ QUOTES) | zeroBytes(word ^ BACKSLASHES);
                if (hits != 0) {
                    return viewStart + i + (Long.numberOfTrailingZeros(hits) >> 3);
                }
                i += Long.BYTES;
            }
            for (; i < limit; i++) {
                byte value = view.get(i);
                if (value == '"' || value == '\\') {
                    return viewStart + i;
                }
            }
            offset = viewEnd;
        }
        return bytes.length();
    }

    /** Marks the bytes that are zero; those above the first marked one may be marked in error. */
    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGH_BITS;
    }

    private void enter(int index) {
        view = bytes.view(index);
        viewStart = bytes.start(index);
        viewEnd = viewStart + view.limit();
    }
}
