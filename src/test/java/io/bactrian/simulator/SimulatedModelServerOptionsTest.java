package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.AdapterOptions;
import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SimulatedModelServerOptionsTest {
    @Test
    void hasDefaults() {
        assertThat(SimulatedModelServerOptions.builder().build())
                .isEqualTo(new SimulatedModelServerOptions(
                        List.of("demo"),
                        131_072,
                        EngineOptions.DEFAULTS,
                        FailureInjection.NONE,
                        Duration.ZERO,
                        64 << 20,
                        false,
                        false,
                        "",
                        "",
                        List.of(),
                        OptionalLong.empty(),
                        EndpointRole.NONE,
                        TransferOptions.DEFAULTS,
                        Optional.empty()));
    }

    @Test
    void takesEveryOption() {
        AdapterOptions places = new AdapterOptions(2, List.of(Duration.ofSeconds(1)));
        FailureInjection failures = new FailureInjection(5, List.of(FailureType.SERVER_ERROR));
        SharedKvStore store = new SharedKvStore(10);
        TransferOptions transfers = TransferOptions.DEFAULTS.withLease(Duration.ofSeconds(3));

        SimulatedModelServerOptions options = SimulatedModelServerOptions.builder()
                .models("m", "n")
                .maxModelTokens(1000)
                .maxSequences(3)
                .maxBatchedTokens(100)
                .maxWaiting(7)
                .kvBlocks(50)
                .blockSizeTokens(8)
                .prefixCaching(false)
                .latency(StepLatency.NONE)
                .seed(9)
                .failures(failures)
                .startupDuration(Duration.ofSeconds(2))
                .maxRequestBytes(1234)
                .headersBeforeFirstToken(true)
                .echoRequestId(true)
                .name("pod")
                .fixedIdentity("id", 5)
                .adapters(places, List.of("a"))
                .role(EndpointRole.PREFILL)
                .transfers(transfers)
                .sharedKv(store)
                .build();

        assertThat(options)
                .isEqualTo(new SimulatedModelServerOptions(
                        List.of("m", "n"),
                        1000,
                        new EngineOptions(3, 100, 7, 50, 8, false, StepLatency.NONE, 9, places),
                        failures,
                        Duration.ofSeconds(2),
                        1234,
                        true,
                        true,
                        "pod",
                        "id",
                        List.of("a"),
                        OptionalLong.of(5),
                        EndpointRole.PREFILL,
                        transfers,
                        Optional.of(store)));
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(
                        () -> SimulatedModelServerOptions.builder().models(" ").build())
                .hasMessage("models: [ ] (expected: at least one name, none blank)");
        assertThatThrownBy(() ->
                        SimulatedModelServerOptions.builder().maxModelTokens(1).build())
                .hasMessage("maxModelTokens: 1 (expected: >= 2)");
        assertThatThrownBy(
                        () -> SimulatedModelServerOptions.builder().kvBlocks(0).build())
                .hasMessage("kvBlocks: 0 (expected: >= 1)");
        assertThatThrownBy(() -> SimulatedModelServerOptions.builder()
                        .role(EndpointRole.OTHER)
                        .build())
                .hasMessage("role: OTHER (expected: a role that is known)");
        assertThatThrownBy(() -> TransferOptions.DEFAULTS.withLease(Duration.ZERO))
                .hasMessage("lease: PT0S (expected: > 0)");
        assertThatThrownBy(() -> new SharedKvStore(0)).hasMessage("capacityBlocks: 0 (expected: >= 1)");
        assertThatThrownBy(() -> LatencyProfiles.of("gpu")).hasMessageStartingWith("profile: gpu (expected: one of ");
    }
}
