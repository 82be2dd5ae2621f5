package io.bactrian.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.BreakerSettings;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointBreakers;
import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.MovableClock;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Objective;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PoolSaturationTest {
    /** Takes an endpoint's name for its saturation. */
    private static final SaturationDetector BY_NAME = endpoints -> endpoints.stream()
            .mapToDouble(endpoint -> Double.parseDouble(endpoint.endpoint().name()))
            .average()
            .orElse(1);

    @Test
    void theFullerStageCounts() {
        PoolSaturation measured =
                measure(endpoint("0.2", "prefill"), endpoint("0.9", "decode"), endpoint("0.5", "both"));

        assertThat(measured.prefill()).hasValue(0.35);
        assertThat(measured.decode()).hasValue(0.7);
        assertThat(measured.effective()).isEqualTo(0.7);
        assertThat(measured.isSaturated()).isFalse();
    }

    @Test
    void withoutALabelAnEndpointDecodes() {
        PoolSaturation measured = measure(endpoint("1.0", null), endpoint("0.0", "encode"), endpoint("0.0", "other"));

        assertThat(measured).isEqualTo(new PoolSaturation(OptionalDouble.empty(), OptionalDouble.of(1), 1));
        assertThat(measured.isSaturated()).isTrue();
    }

    @Test
    void whereNobodyPrefillsOrDecodesTheWholePoolCounts() {
        assertThat(measure(endpoint("0.5", "encode")).effective()).isEqualTo(0.5);
        assertThat(measure().effective()).isEqualTo(1);
    }

    @Test
    void onlyWhatIsSheddableIsRefusedAndOnlyWhileSaturated() {
        assertThat(admit(-1, "1.0")).isInstanceOfSatisfying(Admission.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.SATURATED);
            assertThat(refused.message()).isEqualTo("system saturated, sheddable request dropped");
            assertThat(refused.droppedReason()).isEqualTo("rejected-saturated");
        });
        assertThat(admit(-1, "0.99")).isInstanceOf(Admission.Granted.class);
        assertThat(admit(0, "1.0")).isInstanceOf(Admission.Granted.class);
        assertThat(admit(7, "9.0")).isInstanceOf(Admission.Granted.class);
    }

    private static Admission admit(int priority, String saturation) {
        InferenceRequest request = InferenceRequests.with(Map.of());
        request.context().setObjective(new Objective("o", priority, "f"));
        return new SheddingAdmission().admit(request, BY_NAME, () -> List.of(endpoint(saturation, null)));
    }

    private static PoolSaturation measure(EndpointState... endpoints) {
        return PoolSaturation.measure(BY_NAME, List.of(endpoints));
    }

    private static EndpointState endpoint(String name, @org.jspecify.annotations.Nullable String role) {
        Endpoint endpoint = new Endpoint(
                "pool",
                name,
                InetSocketAddress.createUnresolved("127.0.0.1", 1),
                role == null ? Map.of() : Map.of(EndpointRole.LABEL, role));
        return new EndpointState(
                endpoint,
                Candidates.report(0, 0),
                new EndpointLoad(),
                new EndpointBreakers(BreakerSettings.DEFAULTS, new MovableClock()).create(endpoint),
                Candidates.NOW);
    }
}
