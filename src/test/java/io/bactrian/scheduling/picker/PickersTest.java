package io.bactrian.scheduling.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.Plugins;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 6.1 of llm-d's scheduling. */
class PickersTest {
    private static final int DRAWS = 30_000;
    private static final long SEED = 42;

    /** The 99.99 % quantile of chi square with 3 degrees of freedom: a fair picker fails with one seed in 10,000. */
    private static final double CHI_SQUARE = 21.1;

    @Test
    void weightedKeysAreThoseOfARes() {
        assertThat(WeightedRandomPicker.key(.9, .5)).isCloseTo(0.4629, within(1e-4));
        assertThat(WeightedRandomPicker.key(.3, .5)).isCloseTo(0.0992, within(1e-4));
        assertThat(WeightedRandomPicker.key(.3, .9)).isCloseTo(0.7038, within(1e-4));
        assertThat(WeightedRandomPicker.key(0, .9)).isZero();
        assertThat(WeightedRandomPicker.key(-1, .9)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"max-score-picker", "random-picker", "weighted-random-picker"})
    void amongEqualsEachIsAsLikelyAsAnyOther(String type) {
        assertFair(type, new double[] {1, 1, 1, 1}, new double[] {.25, .25, .25, .25});
        assertFair(type, new double[] {0, 0, 0, 0}, new double[] {.25, .25, .25, .25});
    }

    @Test
    void weightsAreTheChances() {
        assertFair("weighted-random-picker", new double[] {1, 2, 3, 4}, new double[] {.1, .2, .3, .4});
    }

    private static void assertFair(String type, double[] totals, double[] chances) {
        RandomGenerator random = new SplittableRandom(SEED);
        Picker picker = Plugins.create(Pickers.CATALOG, type, Map.of());
        List<EndpointState> candidates = candidates(totals.length);
        int[] counts = new int[totals.length];
        for (int i = 0; i < DRAWS; i++) {
            EndpointState picked = picker.pick(new ScoredCandidates(candidates, totals), random)
                    .get(0);
            counts[candidates.indexOf(picked)]++;
        }
        double chiSquare = IntStream.range(0, counts.length)
                .mapToDouble(i -> Math.pow(counts[i] - DRAWS * chances[i], 2) / (DRAWS * chances[i]))
                .sum();
        assertThat(chiSquare).as(type + ", seed " + SEED).isLessThan(CHI_SQUARE);
    }

    @Property(tries = 300)
    void picksAreCandidatesWithoutRepetition(
            @ForAll @Size(min = 1, max = 20) List<@DoubleRange(min = -5, max = 5) Double> totals,
            @ForAll @IntRange(min = -1, max = 25) int wanted,
            @ForAll long seed) {
        List<EndpointState> candidates = candidates(totals.size());
        double[] values = totals.stream().mapToDouble(Double::doubleValue).toArray();
        for (String type : Pickers.CATALOG.keySet()) {
            List<EndpointState> picked = Plugins.create(Pickers.CATALOG, type, Map.of("maxNumOfEndpoints", wanted))
                    .pick(new ScoredCandidates(candidates, values), new Random(seed));

            assertThat(picked).as(type).hasSize(Math.max(1, Math.min(wanted, candidates.size())));
            assertThat(candidates).containsAll(picked);
            assertThat(new HashSet<>(picked)).hasSameSizeAs(picked);
        }
    }

    private static List<EndpointState> candidates(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Candidates.silent("e" + i))
                .toList();
    }
}
