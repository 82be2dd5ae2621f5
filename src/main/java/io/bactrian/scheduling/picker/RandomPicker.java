package io.bactrian.scheduling.picker;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Picks by chance alone. */
final class RandomPicker implements Picker {
    private final int maxEndpoints;

    private RandomPicker(int maxEndpoints) {
        this.maxEndpoints = maxEndpoints;
    }

    static RandomPicker create(PluginParameters parameters, PluginServices services) {
        return new RandomPicker(Pickers.maxEndpoints(parameters));
    }

    @Override
    public List<EndpointState> pick(ScoredCandidates scored, RandomGenerator random) {
        if (maxEndpoints == 1) {
            return List.of(scored.candidate(random.nextInt(scored.size())));
        }
        int[] order = Shuffle.order(scored.size(), random);
        List<EndpointState> picked = new ArrayList<>();
        for (int i = 0; i < Math.min(maxEndpoints, order.length); i++) {
            picked.add(scored.candidate(order[i]));
        }
        return picked;
    }
}
