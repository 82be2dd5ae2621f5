package io.bactrian.scheduling.picker;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Picks by chance, in proportion to the totals, without picking twice.
 *
 * <p>Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006), algorithm A-Res: each candidate draws the key
 * U^(1/total) with U uniform in (0, 1), and the largest keys win. A total of 0 or less draws 0; among those chance decides.
 */
final class WeightedRandomPicker implements Picker {
    private final int maxEndpoints;

    private WeightedRandomPicker(int maxEndpoints) {
        this.maxEndpoints = maxEndpoints;
    }

    static WeightedRandomPicker create(PluginParameters parameters, PluginServices services) {
        return new WeightedRandomPicker(Pickers.maxEndpoints(parameters));
    }

    @Override
    public List<EndpointState> pick(ScoredCandidates scored, RandomGenerator random) {
        double[] keys = new double[scored.size()];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = key(scored.total(i), random.nextDouble());
        }
        int[] order = Shuffle.order(keys.length, random);
        List<EndpointState> picked = new ArrayList<>();
        for (int i = 0; i < Math.min(maxEndpoints, order.length); i++) {
            Shuffle.moveBestTo(i, order, index -> keys[index]);
            picked.add(scored.candidate(order[i]));
        }
        return picked;
    }

    /** Returns the key of a candidate with {@code total} that drew {@code uniform}. */
    static double key(double total, double uniform) {
        return total > 0 ? Math.pow(uniform, 1 / total) : 0;
    }
}
