package io.bactrian.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.Objective;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectivesTest {
    private final Objectives objectives = new Objectives(Map.of(
            new Objectives.Key("batch", ""), -1,
            new Objectives.Key("gold", ""), 5,
            new Objectives.Key("gold", "b"), 50));

    @Test
    void aRequestIsPromisedWhatTheObjectiveItNamesSays() {
        assertThat(of("a", "x-llm-d-inference-objective", "batch"))
                .isEqualTo(new Objective("batch", -1, "default-flow"));
        assertThat(of("a", "x-gateway-inference-objective", "gold").priority()).isEqualTo(5);
        assertThat(of("b", "x-llm-d-inference-objective", "gold").priority()).isEqualTo(50);
    }

    @Test
    void anUnknownObjectivePromisesNothing() {
        assertThat(of("a", "x-llm-d-inference-objective", "nobody"))
                .isEqualTo(new Objective("nobody", 0, "default-flow"));
        assertThat(of("a", "other", "x")).isSameAs(Objective.NONE);
    }

    @Test
    void theNewerSpellingWins() {
        Objective objective = objectives.of(
                InferenceRequests.with(Map.of(
                        "x-llm-d-inference-objective", "batch",
                        "x-gateway-inference-objective", "gold",
                        "x-llm-d-inference-fairness-id", "new",
                        "x-gateway-inference-fairness-id", "old")),
                "a",
                request -> "agent");

        assertThat(objective).isEqualTo(new Objective("batch", -1, "new"));
    }

    @Test
    void whoAsksCountsWhereNoHeaderSaysWhomToCountTo() {
        assertThat(objectives.of(InferenceRequests.with(Map.of()), "a", request -> "agent"))
                .isEqualTo(new Objective("", 0, "agent"));
    }

    @Test
    void aNewSetTakesTheOldOnesPlace() {
        objectives.replace(Map.of(new Objectives.Key("batch", ""), 3));

        assertThat(of("a", "x-llm-d-inference-objective", "batch").priority()).isEqualTo(3);
        assertThat(of("a", "x-llm-d-inference-objective", "gold").priority()).isZero();
    }

    private Objective of(String pool, String header, String value) {
        return objectives.of(InferenceRequests.with(Map.of(header, value)), pool, request -> "");
    }
}
