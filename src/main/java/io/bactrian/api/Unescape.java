package io.bactrian.api;

/** Replaces the escapes of a JSON string by what they stand for, in place. Expects escapes that are known to be valid. */
final class Unescape {
    /** Two escapes of UTF-16 units, the longest that belong together. */
    static final int LONGEST_ESCAPE = 12;

    private int consumed;
    private int length;

    /**
     * Decodes the first {@code count} bytes of {@code bytes}. Unless they are the {@code last} of the string, an escape that may
     * be cut at the end is left alone.
     */
    void decode(byte[] bytes, int count, boolean last) {
        int read = firstBackslash(bytes, count);
        int written = read;
        int safe = last ? count : count - LONGEST_ESCAPE;
        while (read < count) {
            byte value = bytes[read];
            if (value != '\\') {
                bytes[written++] = value;
                read++;
                continue;
            }
            if (read > safe) {
                break;
            }
            int letter = bytes[read + 1];
            if (letter != 'u') {
                bytes[written++] = simple(letter);
                read += 2;
                continue;
            }
            int unit = unit(bytes, read);
            read += 6;
            int point = unit;
            if (Character.isSurrogate((char) unit)) {
                int low = Character.isHighSurrogate((char) unit)
                                && read + 6 <= count
                                && bytes[read] == '\\'
                                && bytes[read + 1] == 'u'
                        ? unit(bytes, read)
                        : 0;
                if (Character.isLowSurrogate((char) low)) {
                    point = Character.toCodePoint((char) unit, (char) low);
                    read += 6;
                } else {
                    // Half a pair has no UTF-8; model servers read it as the replacement character, too.
                    point = 0xFFFD;
                }
            }
            written = put(bytes, written, point);
        }
        consumed = read;
        length = written;
    }

    /** Returns how many of the bytes given last were decoded. */
    int consumed() {
        return consumed;
    }

    /** Returns how many bytes of text they became. */
    int length() {
        return length;
    }

    private static int firstBackslash(byte[] bytes, int count) {
        int i = 0;
        while (i < count && bytes[i] != '\\') {
            i++;
        }
        return i;
    }

    private static int unit(byte[] bytes, int at) {
        return Hex.four(bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5]);
    }

    private static byte simple(int letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> (byte) letter;
        };
    }

    private static int put(byte[] bytes, int at, int point) {
        int to = at;
        if (point < 0x80) {
            bytes[to++] = (byte) point;
        } else if (point < 0x800) {
            bytes[to++] = (byte) (0xC0 | point >> 6);
            bytes[to++] = (byte) (0x80 | (point & 0x3F));
        } else if (point < 0x10000) {
            bytes[to++] = (byte) (0xE0 | point >> 12);
            bytes[to++] = (byte) (0x80 | (point >> 6 & 0x3F));
            bytes[to++] = (byte) (0x80 | (point & 0x3F));
        } else {
            bytes[to++] = (byte) (0xF0 | point >> 18);
            bytes[to++] = (byte) (0x80 | (point >> 12 & 0x3F));
            bytes[to++] = (byte) (0x80 | (point >> 6 & 0x3F));
            bytes[to++] = (byte) (0x80 | (point & 0x3F));
        }
        return to;
    }
}
