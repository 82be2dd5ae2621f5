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
        return new MaxScorePicker(Pickers.maxEndpoints(parameters));
    }

    @Override
    public List<EndpointState> pick(ScoredCandidates scored, RandomGenerator random) {
        if (maxEndpoints == 1) {
            return List.of(scored.candidate(best(scored, random)));
        }
        int[] order = Shuffle.order(scored.size(), random);
        int picks = Math.min(maxEndpoints, order.length);
        List<EndpointState> picked = new ArrayList<>(picks);
        for (int i = 0; i < picks; i++) {
            Shuffle.moveBestTo(i, order, scored::total);
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
}
