package io.bactrian.simulator.engine;

import java.util.Arrays;

/** A growing list of token ids, each an unsigned 32-bit number. */
public final class TokenIds {
    private int[] ids;
    private int size;

    /** Creates an empty list with room for {@code expected} ids. */
    public TokenIds(int expected) {
        ids = new int[Math.max(16, expected)];
    }

    /** Creates a list of {@code ids}. */
    public static TokenIds of(int... ids) {
        TokenIds list = new TokenIds(ids.length);
        for (int id : ids) {
            list.add(id);
        }
        return list;
    }

    /** Appends {@code id}. */
    public void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = id;
    }

    /** Returns the id at {@code index}, counted from 0. */
    public int get(int index) {
        return ids[index];
    }

    /** Returns the number of ids. */
    public int size() {
        return size;
    }
}
