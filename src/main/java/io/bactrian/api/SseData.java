package io.bactrian.api;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Takes the data out of one server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
final class SseData {
    private static final byte[] FIELD = {'d', 'a', 't', 'a'};

    private SseData() {}

    /** Returns the event's data lines, joined by line feeds. */
    static byte[] of(ByteBuffer event) {
        byte[] bytes = new byte[event.remaining()];
        event.get(event.position(), bytes);
        // Lines only become shorter, so they are moved up within the array.
        int written = 0;
        int start = 0;
        while (start < bytes.length) {
            int end = lineEnd(bytes, start);
            int value = valueStart(bytes, start, end);
            if (value >= 0) {
                System.arraycopy(bytes, value, bytes, written, end - value);
                written += end - value;
                bytes[written++] = '\n';
            }
            start = end + 1;
        }
        return Arrays.copyOf(bytes, Math.max(0, written - 1));
    }

    private static int lineEnd(byte[] bytes, int start) {
        int end = start;
        while (end < bytes.length && bytes[end] != '\n' && bytes[end] != '\r') {
            end++;
        }
        return end;
    }

    /** Returns where the value of a data line begins, or -1 if the line is another. */
    private static int valueStart(byte[] bytes, int start, int end) {
        int colon = start + FIELD.length;
        if (colon > end || !Arrays.equals(bytes, start, colon, FIELD, 0, FIELD.length)) {
            return -1;
        }
        if (colon == end) {
            return end;
        }
        if (bytes[colon] != ':') {
            return -1;
        }
        return colon + 1 < end && bytes[colon + 1] == ' ' ? colon + 2 : colon + 1;
    }
}
