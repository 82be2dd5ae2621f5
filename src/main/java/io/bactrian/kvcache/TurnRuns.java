package io.bactrian.kvcache;

import java.util.Arrays;

/**
 * In which turn each of the leading blocks of a prompt was sent before. Blocks are prepended, the last first; neighbours mostly share
 * their turn, so that a run of them takes one place.
 */
final class TurnRuns {
    /** Of a block that may not have been computed yet. */
    static final long UNKNOWN = -1;

    private static final long[] NONE = {};

    private int end; // after the last block
    private int runs;
    private int[] starts = {}; // starts[r] is the first block of run r, the last run first
    private long[] turns = NONE; // turns[r] is that of run r

    /** Forgets all: the block before them was not sent before. */
    void clear() {
        end = 0;
        runs = 0;
    }

    /** Puts {@code block}, which was sent in {@code turn}, before the others. */
    void prepend(int block, long turn) {
        if (runs == 0) {
            end = block + 1;
        } else if (turns[runs - 1] == turn) {
            starts[runs - 1] = block;
            return;
        }
        if (runs == turns.length) {
            starts = Arrays.copyOf(starts, 2 * runs + 2);
            turns = Arrays.copyOf(turns, 2 * runs + 2);
        }
        starts[runs] = block;
        turns[runs++] = turn;
    }

    /** Returns how many blocks these are. */
    int end() {
        return end;
    }

    /** Returns the turn of {@code block}, which is less than {@link #end}. */
    long turnOf(int block) {
        int run = 0;
        while (starts[run] > block) {
            run++;
        }
        return turns[run];
    }
}
