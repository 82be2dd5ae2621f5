package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TenantWorkloadTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void equalSeedsMakeEqualWorkloads() {
        Workload workload = tenants(false, 0, 1).generate(MINUTE, 1000);

        assertThat(tenants(false, 0, 1).generate(MINUTE, 1000)).isEqualTo(workload);
        assertThat(tenants(false, 0, 2).generate(MINUTE, 1000)).isNotEqualTo(workload);
    }

    @Test
    void aPromptIsAPrefixOfItsTenantAndAQuestionOfItsUser() {
        List<WorkloadRequest> requests =
                tenants(false, 0, 1).generate(MINUTE, 1000).requests();

        assertThat(requests).allSatisfy(request -> {
            assertThat(request.blocks()).extracting(PromptBlock::tokens).containsExactly(600, 120);
            assertThat(request.outputTokens()).isEqualTo(50);
        });
        assertThat(distinctIds(requests, 0)).isEqualTo(4);
        assertThat(distinctIds(requests, 1)).isEqualTo(4 * 3);
        // A user belongs to one tenant: its question never follows another prefix.
        assertThat(requests.stream().map(WorkloadRequest::blocks).distinct()).hasSize(4 * 3);
    }

    @Test
    void freshQuestionsNeverRepeat() {
        List<WorkloadRequest> requests =
                tenants(true, 0, 1).generate(MINUTE, 1000).requests();

        assertThat(distinctIds(requests, 0)).isEqualTo(4);
        assertThat(distinctIds(requests, 1)).isEqualTo(requests.size());
    }

    @Test
    void requestsArriveAtTheRateWithExponentialGaps() {
        Workload workload = tenants(false, 0, 1).generate(Duration.ofSeconds(1000), Integer.MAX_VALUE);

        assertThat((double) workload.requests().size()).isCloseTo(10_000, within(300.0)); // 3 standard deviations
        assertThat(workload.span()).isLessThan(Duration.ofSeconds(1000));
        long longGaps = 0;
        for (int i = 1; i < workload.requests().size(); i++) {
            Duration gap = workload.requests()
                    .get(i)
                    .sendAt()
                    .minus(workload.requests().get(i - 1).sendAt());
            longGaps += gap.compareTo(Duration.ofMillis(100)) > 0 ? 1 : 0;
        }
        // Of exponential gaps, 1/e are longer than the mean.
        assertThat((double) longGaps / workload.requests().size()).isCloseTo(1 / Math.E, within(0.02));
    }

    @Test
    void skewFavoursTheFirstTenants() {
        Map<Long, Long> requestsByTenant = tenants(false, 1, 1).generate(MINUTE, 10_000).requests().stream()
                .collect(
                        Collectors.groupingBy(request -> request.blocks().get(0).id(), Collectors.counting()));

        // Shares of Zipf's law over four: 0.48, 0.24, 0.16, 0.12 of about 600.
        assertThat(requestsByTenant.get(0L)).isBetween(240L, 340L);
        assertThat(requestsByTenant.get(3L)).isBetween(40L, 105L);
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> new TenantWorkload(0, 1, 1, 1, 1, false, 0, 1, 1))
                .hasMessage("tenants: 0.0 (expected: >= 1)");
        assertThatThrownBy(() -> new TenantWorkload(1, 1, 1, 1, 1, false, 0, 0, 1))
                .hasMessage("requestsPerSecond: 0.0 (expected: > 0)");
    }

    private static TenantWorkload tenants(boolean freshQuestions, double skew, long seed) {
        return new TenantWorkload(4, 3, 600, 120, 50, freshQuestions, skew, 10, seed);
    }

    private static long distinctIds(List<WorkloadRequest> requests, int depth) {
        return requests.stream()
                .map(request -> request.blocks().get(depth).id())
                .distinct()
                .count();
    }
}
