package io.bactrian.simulator.load;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** Cuts a body of server-sent events into the data of its events, however the bytes arrive. */
final class EventStream {
    /** Longer than any event of a model server; a stream that exceeds it is broken. */
    private static final int MAX_EVENT_BYTES = 16 * 1024 * 1024;

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

    /** Takes the data of one event: {@code buffer[from]} to {@code buffer[to - 1]}, valid during the call. */
    interface Listener {
        void event(byte[] buffer, int from, int to);
    }

    private byte[] buffer = new byte[1024]; // the bytes of the unfinished event
    private int filled;
    private int lineStart;
    private int dataStart;
    private int dataEnd = -1; // -1 while the event has no data

    /** Forgets what is left of an earlier body. */
    void reset() {
        filled = 0;
        startEvent(0);
    }

    /**
     * Reads the next bytes and hands every event they complete to {@code listener}.
     *
     * @throws IllegalStateException if an event does not end
     */
    void read(ByteBuf bytes, Listener listener) {
        int scanned = filled;
        append(bytes);
        for (int i = scanned; i < filled; i++) {
            if (buffer[i] == '\n') {
                boolean carriageReturn = i > lineStart && buffer[i - 1] == '\r';
                line(lineStart, carriageReturn ? i - 1 : i, listener);
                lineStart = i + 1;
            }
        }
        dropFinishedEvents();
    }

    private void append(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (filled + length > buffer.length) {
            if (filled + length > MAX_EVENT_BYTES) {
                throw new IllegalStateException("event: over " + MAX_EVENT_BYTES + " bytes");
            }
            buffer = Arrays.copyOf(buffer, Math.max(filled + length, buffer.length * 2));
        }
        bytes.readBytes(buffer, filled, length);
        filled += length;
    }

    private void line(int from, int to, Listener listener) {
        if (from == to) {
            if (dataEnd >= 0) {
                listener.event(buffer, dataStart, dataEnd);
            }
            startEvent(to);
        } else if (to - from >= DATA.length && Arrays.equals(buffer, from, from + DATA.length, DATA, 0, DATA.length)) {
            int value = from + DATA.length;
            if (value < to && buffer[value] == ' ') {
                value++;
            }
            data(value, to);
        }
    }

    private void data(int from, int to) {
        if (dataEnd < 0) {
            dataStart = from;
            dataEnd = to;
            return;
        }
        // A further line of data moves up behind the one before, so that the whole lies in one piece.
        buffer[dataEnd++] = '\n';
        System.arraycopy(buffer, from, buffer, dataEnd, to - from);
        dataEnd += to - from;
    }

    private void startEvent(int at) {
        lineStart = at;
        dataStart = at;
        dataEnd = -1;
    }

    /** Moves the unfinished event to the front: everything from its first data, or from its unfinished line. */
    private void dropFinishedEvents() {
        int keepFrom = dataEnd >= 0 ? dataStart : lineStart;
        System.arraycopy(buffer, keepFrom, buffer, 0, filled - keepFrom);
        filled -= keepFrom;
        lineStart -= keepFrom;
        if (dataEnd >= 0) {
            dataStart -= keepFrom;
            dataEnd -= keepFrom;
        }
    }
}
