package io.bactrian.api;

import java.util.Arrays;

/** Where the parts of prompts lie in a body, in reading order; a growing list without an object per part. */
final class Spans {
    /** How the bytes of a span become a prompt. */
    enum Kind {
        /** The inside of a JSON string without escapes. */
        PLAIN,
        /** The inside of a JSON string with escapes. */
        ESCAPED,
        /** JSON as the client wrote it. */
        JSON,
        /** JSON that names or holds an image. */
        IMAGE,
        /** JSON that names or holds a video. */
        VIDEO,
        /** JSON as the client wrote it, that names or holds a sound. */
        SOUND,
        /** A JSON array of token ids. */
        TOKEN_IDS
    }

    /** Span i lies from {@code bounds[2i]} up to, not including, {@code bounds[2i + 1]}. */
    private int[] bounds = new int[32];

    private Kind[] kinds = new Kind[16];
    private int size;

    int size() {
        return size;
    }

    /** Adds a span without a byte, to be {@link #set} when its place is known, and returns its index. */
    int reserve() {
        add(0, 0, Kind.PLAIN);
        return size - 1;
    }

    void add(int start, int end, Kind kind) {
        if (kinds.length == size) {
            bounds = Arrays.copyOf(bounds, bounds.length * 2);
            kinds = Arrays.copyOf(kinds, kinds.length * 2);
        }
        size++;
        set(size - 1, start, end, kind);
    }

    /** Adds the spans of {@code others} behind its own. */
    void addAll(Spans others) {
        for (int i = 0; i < others.size; i++) {
            add(others.start(i), others.end(i), others.kinds[i]);
        }
    }

    void set(int index, int start, int end, Kind kind) {
        bounds[2 * index] = start;
        bounds[2 * index + 1] = end;
        kinds[index] = kind;
    }

    int start(int index) {
        return bounds[2 * index];
    }

    int end(int index) {
        return bounds[2 * index + 1];
    }

    Kind kind(int index) {
        return kinds[index];
    }
}
