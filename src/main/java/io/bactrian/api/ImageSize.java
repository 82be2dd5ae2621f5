package io.bactrian.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the size of a picture in base64 from its first bytes, without decoding it: PNG, GIF, JPEG and WebP.
 *
 * <p>Any byte of base64 can be had from four characters, so that the segments of a JPEG are jumped over.
 */
final class ImageSize {
    private static final int UNKNOWN = -1;

    /** Where base64 begins: in a data URL, or as the data of Anthropic's source. */
    private static final byte[] DATA_URL = ascii(";base64,");

    private static final byte[] DATA = ascii("\"data\"");
    private static final int HEAD_BYTES = 256;

    /** Segments before the one that tells the size; there are about ten. */
    private static final int MAX_SEGMENTS = 64;

    private static final byte[] VALUES = values();

    private final ByteViews bytes;
    private final int start;
    private final int end;

    private ImageSize(ByteViews bytes, int start, int end) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
    }

    /** Returns width times height of the picture that the JSON from {@code start} to {@code end} holds; -1 if that cannot be told. */
    static long pixels(ByteViews bytes, int start, int end) {
        int data = dataStart(bytes, start, end);
        return data < 0 ? UNKNOWN : new ImageSize(bytes, data, end).pixels();
    }

    private static int dataStart(ByteViews bytes, int start, int end) {
        byte[] head = new byte[Math.min(HEAD_BYTES, end - start)];
        bytes.copy(start, head, 0, head.length);
        int url = indexOf(head, DATA_URL);
        if (url >= 0) {
            return start + url + DATA_URL.length;
        }
        int name = indexOf(head, DATA);
        if (name < 0) {
            return UNKNOWN;
        }
        int at = name + DATA.length;
        while (at < head.length && (head[at] == ' ' || head[at] == ':')) {
            at++;
        }
        return at < head.length && head[at] == '"' ? start + at + 1 : UNKNOWN;
    }

    private long pixels() {
        if (at(0) == 0x89 && at(1) == 'P') {
            return area(number(16, 4), number(20, 4));
        }
        if (at(0) == 'G' && at(1) == 'I') {
            return area(at(6) | at(7) << 8, at(8) | at(9) << 8);
        }
        if (at(0) == 0xFF && at(1) == 0xD8) {
            return jpeg();
        }
        return at(0) == 'R' && at(8) == 'W' ? webp() : UNKNOWN;
    }

    /** The size stands in the segment that starts a frame (ITU T.81, table B.1). */
    private long jpeg() {
        int at = 2;
        for (int i = 0; i < MAX_SEGMENTS && at(at) == 0xFF; i++) {
            int marker = at(at + 1);
            boolean isFrame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            if (isFrame) {
                return area(number(at + 7, 2), number(at + 5, 2));
            }
            int length = (int) number(at + 2, 2);
            if (length < 2) {
                return UNKNOWN;
            }
            at += 2 + length;
        }
        return UNKNOWN;
    }

    /** The chunk's name tells how the size is written (RFC 9649). */
    private long webp() {
        return switch (at(15)) {
            case 'X' -> area(1 + littleEndian(24, 3), 1 + littleEndian(27, 3));
            case ' ' -> area(littleEndian(26, 2) & 0x3FFF, littleEndian(28, 2) & 0x3FFF);
            case 'L' -> {
                long bits = littleEndian(21, 4);
                yield area(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF));
            }
            default -> UNKNOWN;
        };
    }

    private static long area(long width, long height) {
        return width <= 0 || height <= 0 ? UNKNOWN : width * height;
    }

    private long number(int index, int count) {
        long number = 0;
        for (int i = 0; i < count; i++) {
            int next = at(index + i);
            if (next < 0) {
                return UNKNOWN;
            }
            number = number << 8 | next;
        }
        return number;
    }

    private long littleEndian(int index, int count) {
        long number = 0;
        for (int i = count - 1; i >= 0; i--) {
            int next = at(index + i);
            if (next < 0) {
                return UNKNOWN;
            }
            number = number << 8 | next;
        }
        return number;
    }

    /** Returns byte {@code index} of the picture; -1 where there is none. */
    private int at(int index) {
        int letter = start + index / 3 * 4 + index % 3;
        if (letter + 1 >= end) {
            return -1;
        }
        int high = VALUES[bytes.at(letter) & 0xFF];
        int low = VALUES[bytes.at(letter + 1) & 0xFF];
        if (high < 0 || low < 0) {
            return -1;
        }
        return switch (index % 3) {
            case 0 -> high << 2 | low >> 4;
            case 1 -> (high & 0xF) << 4 | low >> 2;
            default -> (high & 0x3) << 6 | low;
        };
    }

    private static int indexOf(byte[] text, byte[] wanted) {
        for (int i = 0; i + wanted.length <= text.length; i++) {
            if (Arrays.equals(text, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }

    private static byte[] values() {
        byte[] values = new byte[256];
        Arrays.fill(values, (byte) -1);
        byte[] letters = ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
        for (int i = 0; i < letters.length; i++) {
            values[letters[i]] = (byte) i;
        }
        return values;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
