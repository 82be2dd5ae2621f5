package io.bactrian.api;

import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.UTF8StreamJsonParser;
import com.fasterxml.jackson.core.sym.ByteQuadsCanonicalizer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Jackson's UTF-8 parser, made to measure the strings that it passes over.
 *
 * <p>Where a string ends and how long its text is are known to the parser alone and only while it skips the string, so this
 * replaces the skipping. It compares eight bytes at once (https://graphics.stanford.edu/~seander/bithacks.html, "determine if a
 * word has a byte equal to n"); measuring in a second pass halved the speed of reading a long prompt. Escapes are the
 * parser's, and the bytes are {@linkplain Utf8Check checked} before they get here.
 */
final class BodyParser extends UTF8StreamJsonParser {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';

    /** Bytes of UTF-8 that half a surrogate pair counts for, being read as U+FFFD. */
    private static final int HALF_PAIR_BYTES = 3;

    private int textLength;
    private boolean hasHalfPair;

    /** Where the escape of a high surrogate ended that waits for its low one, or -1. */
    private int highSurrogateEnd;

    BodyParser(IOContext context, int features, InputStream input, ByteQuadsCanonicalizer names) {
        super(context, features, input, null, names, context.allocReadIOBuffer(), 0, 0, 0, true);
    }

    /** Returns the offset of the first byte of the current token, which must not be a name. */
    int tokenStart() {
        return (int) _tokenInputTotal - 1;
    }

    /** Returns how many bytes have been parsed. */
    int offset() {
        return (int) _currInputProcessed + _inputPtr;
    }

    /** Passes over the current string, if that has not happened yet. */
    void passString() throws IOException {
        if (_tokenIncomplete) {
            _skipString();
        }
    }

    /** Returns how many bytes of UTF-8 the text of the string passed last takes. */
    int textLength() {
        return textLength;
    }

    /** Tells whether the string passed last holds half of a surrogate pair, which no UTF-8 can hold. */
    boolean hasHalfPair() {
        return hasHalfPair;
    }

    @Override
    protected void _skipString() throws IOException {
        _tokenIncomplete = false;
        hasHalfPair = false;
        highSurrogateEnd = -1;
        int start = offset();
        int saved = 0;
        while (true) {
            int i = endOfPlain(_inputBuffer, _inputPtr, _inputEnd);
            if (i == _inputEnd) {
                _inputPtr = i;
                _loadMoreGuaranteed();
                continue;
            }
            _inputPtr = i + 1;
            byte value = _inputBuffer[i];
            if (value == '"') {
                break;
            }
            if (value == '\\') {
                if (_inputPtr < _inputEnd && isSimpleEscape(_inputBuffer[_inputPtr])) {
                    _inputPtr++;
                    saved++;
                } else {
                    saved += passEscape();
                }
            } else {
                _throwUnquotedSpace(value, "string value");
            }
        }
        hasHalfPair |= highSurrogateEnd >= 0;
        textLength = offset() - 1 - start - saved;
    }

    /** Tells whether {@code letter} behind a backslash is an escape of two bytes. */
    private static boolean isSimpleEscape(byte letter) {
        return switch (letter) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> true;
            default -> false;
        };
    }

    /** Passes over the escape whose backslash has been read, and returns by how much its text is shorter. */
    private int passEscape() throws IOException {
        int start = offset() - 1;
        char unit = _decodeEscaped();
        int length = offset() - start;
        if (Character.isLowSurrogate(unit) && highSurrogateEnd == start) {
            highSurrogateEnd = -1;
            // The pair takes four bytes, three of which the first half has been counted for.
            return length - (4 - HALF_PAIR_BYTES);
        }
        hasHalfPair |= highSurrogateEnd >= 0 || Character.isLowSurrogate(unit);
        highSurrogateEnd = Character.isHighSurrogate(unit) ? offset() : -1;
        return length - utf8Length(unit);
    }

    private static int utf8Length(char unit) {
        if (unit < 0x80) {
            return 1;
        }
        return unit < 0x800 ? 2 : HALF_PAIR_BYTES;
    }

    /** Returns the index of the first quote, backslash or control character from {@code from} on, or {@code to}. */
    private static int endOfPlain(byte[] bytes, int from, int to) {
        int i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            long word = (long) LONGS.get(bytes, i);
            long quotes = word ^ QUOTES;
            long backslashes = word ^ BACKSLASHES;
            // Each term marks the bytes it looks for; those above the lowest mark may be marked in error.
            long marks =
                    (((word - SPACES) & ~word) | ((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes))
                            & HIGH_BITS;
            if (marks != 0) {
                return i + (Long.numberOfTrailingZeros(marks) >> 3);
            }
        }
        while (i < to && bytes[i] != '"' && bytes[i] != '\\' && (bytes[i] < 0 || bytes[i] >= ' ')) {
            i++;
        }
        return i;
    }
}
