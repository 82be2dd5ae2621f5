package io.bactrian.scheduling.picker;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Picks the highest totals; among equals, each order is as likely as any other. */
final class MaxScorePicker implements Picker {
    private final int maxEndpoints;

    private MaxScorePicker(int maxEndpoints) {
        this.maxEndpoints = maxEndpoints;
    }

    static MaxScorePicker create(PluginParameters parameters, PluginServices services) {
        int given = parameters.integer("maxNumOfEndpoints", 1, Integer.MIN_VALUE, Integer.MAX_VALUE);
        return new MaxScorePicker(Math.max(1, given)); // as in llm-d, 0 and less stand for 1
    }

    @Override
    public List<EndpointState> pick(ScoredCandidates scored, RandomGenerator random) {
        if (maxEndpoints == 1) {
            return List.of(scored.candidate(best(scored, random)));
        }
        int[] order = shuffled(scored.size(), random);
        int picks = Math.min(maxEndpoints, order.length);
        List<EndpointState> picked = new ArrayList<>(picks);
        for (int i = 0; i < picks; i++) {
            moveBestTo(i, order, scored);
            picked.add(scored.candidate(order[i]));
        }
        return picked;
    }

    /** Chooses among the best in one pass: the n-th of them takes the place with probability 1/n. */
    private static int best(ScoredCandidates scored, RandomGenerator random) {
        int best = 0;
        int equals = 1;
        for (int i = 1; i < scored.size(); i++) {
            if (scored.total(i) > scored.total(best)) {
                best = i;
                equals = 1;
            } else if (scored.total(i) == scored.total(best) && random.nextInt(++equals) == 0) {
                best = i;
            }
        }
        return best;
    }

    private static int[] shuffled(int size, RandomGenerator random) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** Moves the best of {@code order[start..]} to {@code start}; one step of a selection sort, as few are picked. */
    private static void moveBestTo(int start, int[] order, ScoredCandidates scored) {
        int best = start;
        for (int i = start + 1; i < order.length; i++) {
            if (scored.total(order[i]) > scored.total(order[best])) {
                best = i;
            }
        }
        int displaced = order[start];
        order[start] = order[best];
        order[best] = displaced;
    }
}
