package io.bactrian.scheduling.picker;

import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;

/** Orders of candidates by chance, from which few are taken. */
final class Shuffle {
    private Shuffle() {}

    /** Returns the numbers from 0 below {@code size}, each order as likely as any other. */
    static int[] order(int size, RandomGenerator random) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** Moves the best of {@code order[start..]} to {@code start}; one step of a selection sort, as few are picked. */
    static void moveBestTo(int start, int[] order, IntToDoubleFunction quality) {
        int best = start;
        for (int i = start + 1; i < order.length; i++) {
            if (quality.applyAsDouble(order[i]) > quality.applyAsDouble(order[best])) {
                best = i;
            }
        }
        int displaced = order[start];
        order[start] = order[best];
        order[best] = displaced;
    }
}
