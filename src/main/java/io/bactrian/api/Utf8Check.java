package io.bactrian.api;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks that bytes given piece by piece are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
 *
 * <p>The parser checks only that continuation bytes are where they belong when it skips a string. The bounds for the
 * second byte are those of Unicode table 3-7, kept as in the decoder of https://encoding.spec.whatwg.org/#utf-8-decoder
 * so that a character may be cut anywhere.
 */
final class Utf8Check {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;

    /** Behind the last byte that continues a character, 0xBF, as a signed byte; 0x80 is the least there is. */
    private static final byte CONTINUATION_END = (byte) 0xC0;

    /** How many bytes the character under way still lacks. */
    private int needed;

    private int lower = 0x80;
    private int upper = 0xBF;

    /** Checks the bytes from {@code from} to {@code to} and returns the index of the first that is wrong, or -1. */
    int firstBad(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (needed > 0) {
                int next = bytes[i] & 0xFF;
                if (next < lower || next > upper) {
                    return i;
                }
                lower = 0x80;
                upper = 0xBF;
                needed--;
                i++;
            } else if (bytes[i] >= 0) {
                i = endOfAscii(bytes, i + 1, to);
            } else {
                int end = endOfLetters(bytes, i, to);
                if (end == i && !begin(bytes[i] & 0xFF)) {
                    return i;
                }
                i = Math.max(end, i + 1);
            }
        }
        return -1;
    }

    /** Tells whether the bytes so far end inside a character. */
    boolean isInsideCharacter() {
        return needed > 0;
    }

    private static int endOfAscii(byte[] bytes, int from, int to) {
        int i = from;
        // Four words a turn: the parser's own pass costs about ten times as much, so this one stays hidden behind it.
        while (i + 32 <= to
                && (((long) LONGS.get(bytes, i)
                                        | (long) LONGS.get(bytes, i + 8)
                                        | (long) LONGS.get(bytes, i + 16)
                                        | (long) LONGS.get(bytes, i + 24))
                                & HIGH_BITS)
                        == 0) {
            i += 32;
        }
        while (i < to && bytes[i] >= 0) {
            i++;
        }
        return i;
    }

    /** Passes over whole characters of two and three bytes whose second byte has the common bounds. */
    private static int endOfLetters(byte[] bytes, int from, int to) {
        int i = from;
        while (i + 3 <= to) {
            int first = bytes[i] & 0xFF;
            if (first >= 0xC2 && first <= 0xDF && bytes[i + 1] < CONTINUATION_END) {
                i += 2;
            } else if (first > 0xE0
                    && first <= 0xEF
                    && first != 0xED
                    && bytes[i + 1] < CONTINUATION_END
                    && bytes[i + 2] < CONTINUATION_END) {
                i += 3;
            } else {
                break;
            }
        }
        return i;
    }

    private boolean begin(int first) {
        if (first >= 0xC2 && first <= 0xDF) {
            needed = 1;
        } else if (first >= 0xE0 && first <= 0xEF) {
            needed = 2;
            lower = first == 0xE0 ? 0xA0 : 0x80;
            upper = first == 0xED ? 0x9F : 0xBF;
        } else if (first >= 0xF0 && first <= 0xF4) {
            needed = 3;
            lower = first == 0xF0 ? 0x90 : 0x80;
            upper = first == 0xF4 ? 0x8F : 0xBF;
        } else {
            return false;
        }
        return true;
    }
}
