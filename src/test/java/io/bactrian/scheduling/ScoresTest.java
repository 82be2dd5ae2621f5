package io.bactrian.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ScoresTest {

    @Test
    void theLowestIsBest() {
        assertScores(lowestIsBest(0, 3, 12), 1, 0.75, 0);
        assertScores(lowestIsBest(4, 4), 1, 1);
        assertScores(lowestIsBest());
    }

    @Test
    void whoIsLeftOutMovesNobodyElse() {
        Scores scores = lowestIsBest(Double.NaN, 3, Double.NaN, 6);

        assertScores(scores, 0, 1, 0, 0);
        assertThat(scores.isRated(0)).isFalse();
        assertThat(scores.isRated(3)).isTrue();
        assertScores(lowestIsBest(Double.NaN, 5), 0, 1);
    }

    @Test
    void scoresAreMovedIntoRange() {
        assertScores(
                each(-5, 0.25, 7, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY), 0, 0.25, 1, 0, 1, 0);
    }

    @Property
    void everyScoreIsFromZeroToOne(@ForAll("anyDoubles") List<Double> values) {
        double[] quantities = values.stream().mapToDouble(Double::doubleValue).toArray();
        for (Scores scores : List.of(lowestIsBest(quantities), each(quantities))) {
            for (int i = 0; i < quantities.length; i++) {
                assertThat(scores.get(i)).isBetween(0.0, 1.0);
            }
        }
    }

    @Provide
    Arbitrary<List<Double>> anyDoubles() {
        return Arbitraries.oneOf(
                        Arbitraries.doubles(),
                        Arbitraries.of(
                                Double.NaN,
                                Double.POSITIVE_INFINITY,
                                Double.NEGATIVE_INFINITY,
                                Double.MAX_VALUE,
                                -Double.MAX_VALUE,
                                -0.0))
                .list()
                .ofMaxSize(6);
    }

    private static Scores lowestIsBest(double... quantities) {
        List<EndpointState> candidates = candidates(quantities.length);
        return Scores.lowestIsBest(candidates, candidate -> quantities[candidates.indexOf(candidate)]);
    }

    private static Scores each(double... values) {
        List<EndpointState> candidates = candidates(values.length);
        return Scores.each(candidates, candidate -> values[candidates.indexOf(candidate)]);
    }

    private static List<EndpointState> candidates(int count) {
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            candidates.add(Candidates.silent("e" + i));
        }
        return candidates;
    }

    private static void assertScores(Scores scores, double... expected) {
        assertThat(scores.size()).isEqualTo(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(scores.get(i)).isEqualTo(expected[i]);
        }
    }
}
