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

    /** The bits that tell a letter of three bytes, and what they are; the same of two such letters. */
    private static final long LETTER_MASK = 0xC0C0F0;

    private static final long LETTER = 0x8080E0;
    private static final long PAIR_MASK = LETTER_MASK << 24 | LETTER_MASK;
    private static final long PAIR = LETTER << 24 | LETTER;

    /** By the low half of a first byte 0xE0 to 0xEF: a bit where the second byte has bounds of its own. */
    private static final int UNCOMMON = 1 << 0x0 | 1 << 0xD;

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

    /** Passes over what is common among letters, of one to three bytes with common bounds, until text is ASCII again. */
    private static int endOfLetters(byte[] bytes, int from, int to) {
        int i = from;
        while (i + Long.BYTES <= to) {
            long word = (long) LONGS.get(bytes, i);
            int length = isLetterPair(word) ? 6 : letterLength(word);
            if (length == 0 || (word & HIGH_BITS) == 0) {
                break;
            }
            i += length;
        }
        return i;
    }

    /** Tells whether {@code word} begins with two letters of three bytes. */
    private static boolean isLetterPair(long word) {
        return (word & PAIR_MASK) == PAIR && ((UNCOMMON >> (word & 0xF) | UNCOMMON >> (word >> 24 & 0xF)) & 1) == 0;
    }

    /** Returns how many bytes the letter takes that {@code word} begins with, 0 if it is none of the common. */
    private static int letterLength(long word) {
        int first = (int) word & 0xFF;
        if (first < 0x80) {
            return 1;
        }
        if (first >= 0xC2 && first <= 0xDF) {
            return (word & 0xC000) == 0x8000 ? 2 : 0;
        }
        return (word & LETTER_MASK) == LETTER && (UNCOMMON >> (first & 0xF) & 1) == 0 ? 3 : 0;
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
