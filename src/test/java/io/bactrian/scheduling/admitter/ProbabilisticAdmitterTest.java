package io.bactrian.scheduling.admitter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Objective;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Section 8.2 of llm-d's scheduling. */
class ProbabilisticAdmitterTest {
    private final ProbabilisticAdmitter admitter =
            (ProbabilisticAdmitter) Plugins.create(Admitters.CATALOG, "probabilistic-admitter", Map.of());

    @Test
    void theChanceRisesSteeply() {
        assertThat(admitter.chance(.1)).isCloseTo(0.003, within(1e-9));
        assertThat(admitter.chance(.2)).isCloseTo(0.096, within(1e-9));
        assertThat(admitter.chance(.3)).isCloseTo(0.729, within(1e-9));
        assertThat(admitter.chance(.34)).isEqualTo(1);
    }

    @Test
    void onlyWhatIsSheddableIsTurnedAway() {
        List<EndpointState> full = List.of(Candidates.reporting("e", 5, 0));

        assertThat(admitter.refusal(request(0), full)).isEmpty();
        assertThat(admitter.refusal(request(-1), full)).hasValueSatisfying(refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.SATURATED);
            assertThat(refused.droppedReason()).isEqualTo("rejected-saturated");
        });
        assertThat(admitter.refusal(request(-1), List.of(Candidates.reporting("e", 0, 0))))
                .isEmpty();
    }

    @Test
    void whatIsUnknownCountsAsFull() {
        assertThat(admitter.refusal(request(-1), List.of(Candidates.silent("s"))))
                .isPresent();
        assertThat(admitter.refusal(request(-1), List.of())).isPresent();
    }

    private static InferenceRequest request(int priority) {
        InferenceRequest request = InferenceRequests.with(Map.of());
        request.context().setObjective(new Objective("o", priority, "f"));
        return request;
    }
}
