package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.simulator.engine.InferenceEngine;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FailureInjectionTest {
    private static final int REQUESTS = 10_000;

    @Test
    void failsInTheGivenShareAndInAllWaysAlike() {
        FailureInjection injection = new FailureInjection(30, List.of());
        Map<FailureType, Integer> counts = new EnumMap<>(FailureType.class);
        for (int i = 0; i < REQUESTS; i++) {
            // One random stream a request, as the server draws them.
            SplittableRandom random = new SplittableRandom(InferenceEngine.seedFor(1, "failure/" + i));
            injection.draw(random).ifPresent(type -> counts.merge(type, 1, Integer::sum));
        }

        int failed = counts.values().stream().mapToInt(Integer::intValue).sum();
        assertThat((double) failed / REQUESTS).isEqualTo(.30, within(.015));
        assertThat(counts).hasSize(6);
        assertThat(counts.values())
                .allSatisfy(count -> assertThat((double) count).isEqualTo(failed / 6.0, within(failed / 60.0)));
    }

    @Test
    void refusesImpossibleShares() {
        assertThatThrownBy(() -> new FailureInjection(101, List.of()))
                .hasMessage("failure-injection-rate: 101 (expected: 0 to 100)");
        assertThatThrownBy(() -> FailureType.of("fire")).hasMessageStartingWith("failure-types: fire (expected: ");
    }
}
