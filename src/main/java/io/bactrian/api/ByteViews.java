package io.bactrian.api;

import io.bactrian.request.RequestBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Random access to the bytes of a body without joining them. Safe between threads: reads by absolute index alone. */
final class ByteViews {
    /** {@code views[i]} holds the bytes from {@code starts[i]} on, its first byte at index 0, in little-endian order. */
    private final ByteBuffer[] views;

    private final int[] starts;
    private final int length;

    ByteViews(RequestBytes bytes) {
        List<ByteBuffer> given = bytes.views();
        views = new ByteBuffer[given.size()];
        starts = new int[views.length];
        int offset = 0;
        for (int i = 0; i < views.length; i++) {
            views[i] = given.get(i).slice().order(ByteOrder.LITTLE_ENDIAN);
            starts[i] = offset;
            offset += views[i].limit();
        }
        length = offset;
    }

    int length() {
        return length;
    }

    /** Returns how many views there are. */
    int count() {
        return views.length;
    }

    /** Returns view {@code index}, to be read by absolute index alone; little-endian. */
    ByteBuffer view(int index) {
        return views[index];
    }

    /** Returns the offset in the body of the first byte of view {@code index}. */
    int start(int index) {
        return starts[index];
    }

    /** Returns the index of the last view that starts at or before {@code offset}; it may be empty. */
    int indexOf(int offset) {
        int found = Arrays.binarySearch(starts, offset);
        if (found < 0) {
            return -found - 2;
        }
        // Empty views share their start with the next one that has bytes.
        while (found + 1 < starts.length && starts[found + 1] == offset) {
            found++;
        }
        return found;
    }

    byte at(int offset) {
        int index = indexOf(offset);
        return views[index].get(offset - starts[index]);
    }

    /** Copies {@code count} bytes from {@code offset} on into {@code target}. */
    void copy(int offset, byte[] target, int targetOffset, int count) {
        int left = count;
        int from = offset;
        int to = targetOffset;
        for (int index = left > 0 ? indexOf(from) : 0; left > 0; index++) {
            ByteBuffer view = views[index];
            int start = from - starts[index];
            int part = Math.min(left, view.limit() - start);
            view.get(start, target, to, part);
            from += part;
            to += part;
            left -= part;
        }
    }
}
