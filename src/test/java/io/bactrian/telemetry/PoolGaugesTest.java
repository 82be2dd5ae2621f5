package io.bactrian.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.Signal;
import io.bactrian.fixture.Candidates;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.profile.Schedulers;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PoolGaugesTest {
    private static final Instant NOW = Candidates.NOW;
    private static final Instant STALE = NOW.minusSeconds(3);

    private final InstantSource clock = InstantSource.fixed(NOW);
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final EndpointPool pool = new EndpointPool("p", Set.of("m"), Duration.ofSeconds(2));

    @BeforeEach
    void show() {
        pool.replaceEndpoints(List.of(endpoint("a"), endpoint("b"), endpoint("c")));
        PluginServices services = new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, clock);
        PoolGauges.show(
                registry,
                clock,
                List.of(new ScheduledPool(
                        pool, Schedulers.assemble(1, SchedulingPolicy.DEFAULT, services, ThreadLocalRandom::current))));
    }

    private static Endpoint endpoint(String name) {
        return Candidates.endpoint(name);
    }

    private void report(int member, double waiting, double running, double kvCacheUsage, Instant at) {
        pool.beginReport(pool.snapshot().members().get(member))
                .done(new EndpointMetrics(
                        Signal.of(waiting, at),
                        Signal.of(running, at),
                        Signal.of(kvCacheUsage, at),
                        OptionalInt.empty(),
                        OptionalInt.empty()));
    }

    @Test
    void showsMeanAndSampleDeviationOfFreshReportsToTwoDecimals() {
        report(0, 1, 10, .2, NOW);
        report(1, 4, 20, .255, NOW);
        report(2, 1000, 1000, 1, STALE);

        assertThat(registry.scrape())
                .contains("llm_d_epp_average_queue_size{name=\"p\"} 2.5\n")
                .contains("llm_d_epp_std_dev_queue_size{name=\"p\"} 2.12\n") // sqrt(2 * 1.5 * 1.5 / 1)
                .contains("llm_d_epp_average_running_requests{name=\"p\"} 15.0\n")
                .contains("llm_d_epp_std_dev_running_requests{name=\"p\"} 7.07\n")
                .contains("llm_d_epp_average_kv_cache_utilization{name=\"p\"} 0.23\n")
                .contains("llm_d_epp_std_dev_kv_cache_utilization{name=\"p\"} 0.04\n")
                .contains("llm_d_epp_ready_endpoints{name=\"p\"} 3.0\n")
                .contains("llm_d_epp_per_endpoint_queue_size{model_server_endpoint=\"b\",name=\"p\"} 4.0\n")
                .doesNotContain("model_server_endpoint=\"c\"");
    }

    @Test
    void aPoolThatReportsNothingShowsNoAverage() {
        report(0, 5, 5, .5, STALE);

        assertThat(registry.scrape())
                .doesNotContain("average_queue_size{", "std_dev_queue_size{")
                .contains("llm_d_epp_ready_endpoints{name=\"p\"} 3.0\n");
    }

    @Test
    void anEndpointThatLeavesIsShownNoMore() {
        report(0, 7, 0, 0, NOW);
        assertThat(registry.scrape()).contains("model_server_endpoint=\"a\"");

        pool.replaceEndpoints(List.of(endpoint("b")));

        assertThat(registry.scrape())
                .doesNotContain("model_server_endpoint=\"a\"")
                .contains("llm_d_epp_ready_endpoints{name=\"p\"} 1.0\n");
    }

    @Test
    void countsTheEndpointsTheDetectorKnowsNothingRecentOf() {
        report(0, 1, 0, 0, NOW);
        report(1, 1, 0, 0, NOW.minusMillis(201)); // the default detector trusts a report for 200 ms

        assertThat(registry.scrape())
                .contains("llm_d_epp_flow_control_stale_endpoints{detector=\"utilization-detector\"} 2.0\n");
    }

    @Test
    void showsHowFullThePoolIs() {
        for (int member = 0; member < 3; member++) {
            report(member, 5, 0, 0, NOW); // the default detector takes 5 waiting requests for full
        }

        assertThat(registry.scrape())
                .contains("llm_d_epp_flow_control_pool_saturation{inference_pool=\"p\",stage=\"effective\"} 1.0\n")
                .contains("llm_d_epp_flow_control_pool_saturation{inference_pool=\"p\",stage=\"decode\"} 1.0\n");
    }
}
