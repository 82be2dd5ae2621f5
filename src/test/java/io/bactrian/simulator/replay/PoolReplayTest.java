package io.bactrian.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.SchedulingPolicy.Plugin;
import io.bactrian.scheduling.SchedulingPolicy.PluginRef;
import io.bactrian.scheduling.SchedulingPolicy.Profile;
import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.StepLatency;
import io.bactrian.simulator.engine.TransferCost;
import io.bactrian.simulator.load.Outcome;
import io.bactrian.simulator.load.PromptBlock;
import io.bactrian.simulator.load.RequestResult;
import io.bactrian.simulator.load.TenantWorkload;
import io.bactrian.simulator.load.Workload;
import io.bactrian.simulator.load.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PoolReplayTest {
    private static final SchedulingPolicy ALWAYS = split(Plugin.ofType("always-disagg-pd-decider"));
    private static final SchedulingPolicy NEVER =
            split(new Plugin("prefix-based-pd-decider", "prefix-based-pd-decider", Map.of("nonCachedTokens", 0)));

    @Test
    void aRequestTakesItsHopsAndItsSteps() {
        PoolReplay.Result result = PoolReplay.run(one(), SchedulingPolicy.DEFAULT, settings("1"));

        // 1 ms there, 8 + 100 * 0.12 for the prompt, 1 ms back; then steps of 8.03 ms and their context.
        RequestResult request = result.measurement().results().get(0);
        assertThat(millis(request.ttft())).isEqualTo(22, within(1e-3));
        assertThat(millis(request.meanItl())).isEqualTo(8.031, within(1e-2));
        assertThat(request.textEvents()).isEqualTo(3);
        assertThat(result.split()).isZero();
    }

    @Test
    void aSplitRequestPaysForPrefillHandOverAndTransfer() {
        PoolReplay.Result result = PoolReplay.run(one(), ALWAYS, settings("1P+1D"));

        // Prefill 1 + 20, back and to decode 2, transfer 1 + 100 * 0.01, a step of 8.12, back 1.
        RequestResult request = result.measurement().results().get(0);
        assertThat(millis(request.ttft())).isEqualTo(21 + 2 + 2 + 8.12 + 1, within(1e-3));
        assertThat(request.endpoint()).isEqualTo("e1");
        assertThat(Objects.requireNonNull(request.usage()).cachedTokens()).isEqualTo(99);
        assertThat(result.split()).isEqualTo(1);
    }

    @Test
    void theDeciderOfThePolicyDecides() {
        assertThat(PoolReplay.run(one(), NEVER, settings("1P+1D")).split()).isZero();
    }

    @Test
    void isTheSameEveryTime() {
        Workload workload =
                new TenantWorkload(5, 2, 200, 50, 20, false, 0, 50, 1).generate(Duration.ofSeconds(5), 1000);

        PoolReplay.Result first = PoolReplay.run(workload, ALWAYS, settings("2P+2D"));
        PoolReplay.Result second = PoolReplay.run(workload, ALWAYS, settings("2P+2D"));

        assertThat(first.measurement().results())
                .hasSameSizeAs(workload.requests())
                .isEqualTo(second.measurement().results())
                .allMatch(request -> request.outcome() == Outcome.COMPLETED);
    }

    @Test
    void aFullQueueShedsAndAFullPrefillQueueDoesNot() {
        EngineOptions tiny = new EngineOptions(1, 2048, 0, 1000, 16, true, StepLatency.DEFAULTS, 0);
        Workload three = new Workload("three", List.of(request(1), request(2), request(3)));

        assertThat(PoolReplay.run(three, SchedulingPolicy.DEFAULT, settings("1", tiny))
                        .measurement()
                        .results())
                .extracting(RequestResult::outcome)
                .containsExactly(Outcome.COMPLETED, Outcome.SHED, Outcome.SHED);
        // One is computed apart; of the others, which decode has to compute, one finds a place.
        PoolReplay.Result split = PoolReplay.run(three, ALWAYS, settings("1P+1D", tiny));
        assertThat(split.split()).isEqualTo(1);
        assertThat(split.measurement().results())
                .filteredOn(request -> request.outcome() == Outcome.COMPLETED)
                .isNotEmpty();
    }

    private static Workload one() {
        return new Workload("one", List.of(request(1)));
    }

    private static WorkloadRequest request(long id) {
        return new WorkloadRequest(Duration.ZERO, List.of(new PromptBlock(id, 100)), 3);
    }

    private static ReplaySettings settings(String shape) {
        return settings(shape, EngineOptions.DEFAULTS);
    }

    private static ReplaySettings settings(String shape, EngineOptions engine) {
        return new ReplaySettings(
                PoolShape.parse(shape),
                engine,
                new TransferCost(1e6, 1000, 1e8),
                Duration.ofSeconds(30),
                Duration.ofMillis(1),
                Duration.ofMillis(50),
                0);
    }

    private static SchedulingPolicy split(Plugin decider) {
        Plugin handler = new Plugin(
                "disagg-profile-handler",
                "disagg-profile-handler",
                Map.of("deciders", Map.of("prefill", Map.of("pluginRef", decider.name()))));
        return new SchedulingPolicy(
                List.of(
                        Plugin.ofType("decode-filter"),
                        Plugin.ofType("prefill-filter"),
                        Plugin.ofType("active-request-scorer"),
                        decider,
                        handler),
                List.of(
                        new Profile(
                                "decode",
                                List.of(new PluginRef("decode-filter", 1), new PluginRef("active-request-scorer", 1))),
                        new Profile(
                                "prefill",
                                List.of(
                                        new PluginRef("prefill-filter", 1),
                                        new PluginRef("active-request-scorer", 1)))));
    }

    private static double millis(@org.jspecify.annotations.Nullable Duration duration) {
        return Objects.requireNonNull(duration).toNanos() / 1e6;
    }
}
