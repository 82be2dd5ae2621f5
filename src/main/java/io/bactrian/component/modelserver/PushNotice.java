package io.bactrian.component.modelserver;

import java.nio.charset.StandardCharsets;

/**
 * What LMCache says once blocks have arrived where they were pushed to: the MessagePack map {@code {"type":"ProxyNotif","req_id":name}}
 * ({@code ProxyNotif} in lmcache/v1/storage_backend/pd_backend.py).
 */
final class PushNotice {
    private static final String NAME = "req_id";

    private final byte[] bytes;
    private int at;

    private PushNotice(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Returns the name of the blocks in {@code message}; the empty string if it is no such notice. */
    static String nameIn(byte[] message) {
        try {
            return new PushNotice(message).name();
        } catch (ArrayIndexOutOfBoundsException e) {
            return ""; // it ends too early
        }
    }

    private String name() {
        int head = bytes[at++] & 0xff;
        if ((head & 0xf0) != 0x80) {
            return ""; // no small map
        }
        for (int i = 0; i < (head & 0x0f); i++) {
            String key = text();
            String value = text();
            if (key.equals(NAME)) {
                return value;
            }
        }
        return "";
    }

    /** Returns the text here, and passes over it; anything else ends the reading. */
    private String text() {
        int head = bytes[at++] & 0xff;
        int length;
        if ((head & 0xe0) == 0xa0) {
            length = head & 0x1f;
        } else if (head == 0xd9) {
            length = bytes[at++] & 0xff;
        } else {
            throw new ArrayIndexOutOfBoundsException("no text of up to 255 bytes");
        }
        if (at + length > bytes.length) {
            throw new ArrayIndexOutOfBoundsException(at + length);
        }
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }
}
