package io.bactrian.api;

import java.io.InputStream;

/** Feeds a body to the parser, checking its encoding while the bytes are warm. */
final class BodyStream extends InputStream {
    private final ByteViews bytes;
    private final Utf8Check utf8 = new Utf8Check();
    private int offset;

    BodyStream(ByteViews bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int from, int length) {
        int count = Math.min(length, bytes.length() - offset);
        if (count == 0 && length > 0) {
            if (utf8.isInsideCharacter()) {
                throw malformed(offset);
            }
            return -1;
        }
        bytes.copy(offset, target, from, count);
        int bad = utf8.firstBad(target, from, from + count);
        if (bad >= 0) {
            throw malformed(offset + bad - from);
        }
        offset += count;
        return count;
    }

    private static RuntimeException malformed(int at) {
        return Refusal.at("body", "malformed text at byte " + at, "JSON in UTF-8");
    }
}
