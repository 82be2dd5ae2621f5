package io.bactrian.scheduling.picker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.ScoredCandidates;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MaxScorePickerTest {
    private static final RandomGenerator RANDOM = new Random(1);

    @Test
    void picksTheHighestTotal() {
        ScoredCandidates scored = scored(1, 3, 2, -1);

        assertThat(picker(1).pick(scored, RANDOM)).containsExactly(scored.candidate(1));
    }

    @Test
    void picksSeveralTheBestFirst() {
        ScoredCandidates scored = scored(1, 3, 2, -1);

        assertThat(picker(3).pick(scored, RANDOM))
                .containsExactly(scored.candidate(1), scored.candidate(2), scored.candidate(0));
        assertThat(picker(9).pick(scored, RANDOM)).hasSize(4);
    }

    @Test
    void noEndpointsStandsForOne() {
        assertThat(picker(0).pick(scored(1, 2), RANDOM)).hasSize(1);
        assertThat(picker(-3).pick(scored(1, 2), RANDOM)).hasSize(1);
    }

    /** With 4 degrees of freedom, chi-square passes 30 in one of 200,000 fair runs. */
    @Property(tries = 10)
    void eachOfEqualsIsPickedEquallyOften(@ForAll long seed) {
        for (int maxEndpoints : new int[] {1, 2}) {
            ScoredCandidates scored = scored(5, 1, 5, 5, 0, 5, 5);
            Picker picker = picker(maxEndpoints);
            Random random = new Random(seed);
            int[] picked = new int[scored.size()];
            int runs = 20_000;
            for (int run = 0; run < runs; run++) {
                EndpointState first = picker.pick(scored, random).get(0);
                for (int i = 0; i < picked.length; i++) {
                    picked[i] += scored.candidate(i) == first ? 1 : 0;
                }
            }
            double expected = runs / 5.0;
            double chiSquare = 0;
            for (int i : new int[] {0, 2, 3, 5, 6}) {
                chiSquare += (picked[i] - expected) * (picked[i] - expected) / expected;
            }
            assertThat(chiSquare).isLessThan(30);
            assertThat(picked[1] + picked[4]).isZero();
        }
    }

    private static ScoredCandidates scored(double... totals) {
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < totals.length; i++) {
            candidates.add(Candidates.silent("e" + i));
        }
        return new ScoredCandidates(candidates, totals);
    }

    private static Picker picker(int maxEndpoints) {
        PluginServices services = new PluginServices(
                new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1)),
                SchedulingObserver.NONE,
                Runnable::run,
                InstantSource.system());
        return Objects.requireNonNull(Pickers.CATALOG.get("max-score-picker"))
                .create(
                        new PluginParameters("p", "plugins[0].parameters", Map.of("maxNumOfEndpoints", maxEndpoints)),
                        services);
    }
}
