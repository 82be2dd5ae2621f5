package io.bactrian.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ExtensionPoint;
import io.bactrian.scheduling.PluginName;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.ScoredCandidates;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SchedulingMetersTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final SchedulingMeters meters = new SchedulingMeters(registry, Set.of("m"));

    private void decided(Decision decision) {
        meters.decided(InferenceRequests.completion("m", "", "", Prompt.NONE), 2, decision);
    }

    private static Decision picked(String endpoint) {
        List<EndpointState> one = List.of(Candidates.silent(endpoint));
        return new ProfileResult.Picked(one, new ScoredCandidates(one, new double[] {1})).asDecision("default");
    }

    private static String attempts(String endpoint) {
        return "llm_d_epp_scheduler_attempts_total{endpoint_name=\"" + endpoint
                + "\",namespace=\"default\",port=\"8000\",status=\"success\",target_model_name=\"m\"}";
    }

    @Test
    void countsDecisionsByEndpointAndFailuresByNone() {
        decided(picked("a"));
        decided(picked("a"));
        decided(picked("b"));
        decided(new Decision.Refused(ErrorCode.NO_ENDPOINT, "nobody", Decision.NO_ENDPOINTS));

        assertThat(registry.scrape())
                .contains(attempts("a") + " 2.0\n", attempts("b") + " 1.0\n")
                .contains("llm_d_epp_scheduler_attempts_total{endpoint_name=\"\",namespace=\"\",port=\"\","
                        + "status=\"failure\",target_model_name=\"m\"} 1.0\n");
    }

    @Test
    void forgetsTheSeriesOfAnEndpointThatLeaves() {
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1));
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b")));
        meters.watch(List.of(pool));
        decided(picked("a"));
        decided(picked("b"));
        decided(new Decision.Refused(ErrorCode.NO_ENDPOINT, "nobody", Decision.NO_ENDPOINTS));

        pool.replaceEndpoints(List.of(Candidates.endpoint("b")));

        assertThat(registry.scrape())
                .doesNotContain("endpoint_name=\"a\"")
                .contains(attempts("b") + " 1.0\n", "status=\"failure\"");

        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        decided(picked("a"));
        assertThat(registry.scrape()).as("counted anew").contains(attempts("a") + " 1.0\n");
    }

    @Test
    void timesThePluginsOfTheFirstDecisionAndThenOfSome() {
        assertThat(meters.pluginClock()).isNotNull();
        meters.pluginRan(ExtensionPoint.SCORER, new PluginName("q", "queue-scorer"), 150_000);
        int timed = 0;
        for (int i = 0; i < 16_000; i++) {
            timed += meters.pluginClock() == null ? 0 : 1;
        }

        assertThat(timed).as("one in 16, with a chance of 1e-20 to be wrong").isBetween(700, 1300);
        String series = "{extension_point=\"Scorer\",plugin_name=\"q\",plugin_type=\"queue-scorer\"";
        assertThat(registry.scrape())
                .contains("llm_d_epp_plugin_duration_seconds_bucket" + series + ",le=\"1.0E-4\"} 0\n")
                .contains("llm_d_epp_plugin_duration_seconds_bucket" + series + ",le=\"2.0E-4\"} 1\n");
    }

    @Test
    void countsWhatIsInFlightByFlowUntilTheEndpointLeaves() {
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1));
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        meters.watch(List.of(pool));
        InferenceRequest batch = InferenceRequests.withPriority(-1);
        EndpointLoad load = new EndpointLoad();
        EndpointLoad.Reservation first = load.reserve(100, "", meters.loadOf(batch, Candidates.endpoint("a")));
        EndpointLoad.Reservation second = load.reserve(20, "", meters.loadOf(batch, Candidates.endpoint("a")));
        String flow = "{endpoint_name=\"a\",fairness_id=\"default-flow\",namespace=\"default\",priority=\"-1\","
                + "producer_name=\"inflight-load-producer\"} ";
        assertThat(registry.scrape())
                .contains("inflight_requests" + flow + "2.0\n", "inflight_tokens" + flow + "120.0\n");

        first.releaseTokens();
        assertThat(registry.scrape())
                .contains("inflight_requests" + flow + "2.0\n", "inflight_tokens" + flow + "20.0\n");

        first.close();
        second.close();
        second.close();
        assertThat(registry.scrape())
                .contains("inflight_requests" + flow + "0.0\n", "inflight_tokens" + flow + "0.0\n");

        pool.replaceEndpoints(List.of(Candidates.endpoint("b")));
        assertThat(registry.scrape()).doesNotContain("inflight_requests{");
    }

    @Test
    void measuresDecisionsAndPrefixes() {
        meters.decisionTook(150_000);
        meters.prefixMatched("index", "approx-prefix-cache-producer", 3, 4, 768);
        meters.prefixIndexMade("p", "index", "approx-prefix-cache-producer", () -> 5);
        meters.prefixIndexMade("q", "index", "approx-prefix-cache-producer", () -> 6);
        meters.prefixIndexMade("p", "index", "approx-prefix-cache-producer", () -> 7);

        String plugin = "{plugin_name=\"index\",plugin_type=\"approx-prefix-cache-producer\"";
        assertThat(registry.scrape())
                .contains("llm_d_epp_scheduler_e2e_duration_seconds_bucket{le=\"1.0E-4\"} 0\n")
                .contains("llm_d_epp_scheduler_e2e_duration_seconds_bucket{le=\"2.0E-4\"} 1\n")
                .contains("llm_d_epp_prefix_indexer_hit_ratio_bucket" + plugin + ",le=\"0.7\"} 0\n")
                .contains("llm_d_epp_prefix_indexer_hit_ratio_bucket" + plugin + ",le=\"0.8\"} 1\n")
                .contains("llm_d_epp_prefix_indexer_hit_ratio_sum" + plugin + "} 0.75\n")
                .contains("llm_d_epp_prefix_indexer_hit_bytes_sum" + plugin + "} 768.0\n")
                .contains("llm_d_epp_prefix_indexer_size" + plugin + "} 13.0\n");
    }
}
