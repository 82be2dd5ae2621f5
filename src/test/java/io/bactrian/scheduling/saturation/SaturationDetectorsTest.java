package io.bactrian.scheduling.saturation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.flowcontrol.SaturationDetector;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The numbers of llm-d's flow control, sections 6.1 and 6.2 of its description. */
class SaturationDetectorsTest {
    private static final String UTILIZATION = "utilization-detector";
    private static final String CONCURRENCY = "concurrency-detector";

    private final EndpointState stale = Candidates.silent("stale");

    @Test
    void utilizationIsTheMeanOfTheFullerOfQueueAndCache() {
        SaturationDetector detector = detector(UTILIZATION, Map.of());

        List<EndpointState> three = List.of(reporting(2, .30), reporting(6, .50), reporting(0, .90));

        assertThat(detector.saturation(three)).isCloseTo(0.9083333, within(1e-6));
        assertThat(detector.saturation(List.of(three.get(0), stale))).isCloseTo(0.7, within(1e-9));
        assertThat(detector.stale(List.of(three.get(0), stale))).isEqualTo(1);
        assertThat(detector.saturation(List.of())).isEqualTo(1);
    }

    @Test
    void staleEndpointsMayBeIgnored() {
        SaturationDetector detector = detector(UTILIZATION, Map.of("stalenessPolicy", "ignore"));

        assertThat(detector.saturation(List.of(reporting(2, .3), stale))).isCloseTo(0.4, within(1e-9));
        assertThat(detector.saturation(List.of(stale))).isZero();
        assertThat(detector.saturation(List.of())).isEqualTo(1);
    }

    @Test
    void aReportOlderThanTheDetectorsOwnLimitIsStale() {
        EndpointMetrics old = new EndpointMetrics(
                Signal.of(0, Candidates.NOW.minusMillis(201)),
                Signal.ABSENT,
                Signal.of(0, Candidates.NOW),
                OptionalInt.empty(),
                OptionalInt.empty());
        List<EndpointState> one = List.of(Candidates.withMetrics("old", old));

        assertThat(detector(UTILIZATION, Map.of()).saturation(one)).isEqualTo(1);
        assertThat(detector(UTILIZATION, Map.of("metricsStalenessThreshold", "1s"))
                        .saturation(one))
                .isZero();
    }

    @Test
    void whatWasSentSinceTheReportCountsAsWaiting() {
        EndpointState endpoint = reporting(3, 0);
        SaturationDetector detector = detector(UTILIZATION, Map.of());

        endpoint.load().reserve(10);
        endpoint.load().reserve(10);

        assertThat(detector.saturation(List.of(endpoint))).isEqualTo(1);
    }

    @Test
    void utilizationKeepsThoseBelowBothThresholdsOrAll() {
        EndpointState free = reporting(4, .79);
        EndpointState queued = reporting(5, 0);
        EndpointState full = reporting(0, .8);

        assertThat(filter(UTILIZATION, Map.of(), free, queued, full, stale)).containsExactly(free);
        assertThat(filter(UTILIZATION, Map.of("headroom", 0.2), free, queued, full))
                .containsExactly(free, queued, full);
        assertThat(filter(UTILIZATION, Map.of(), queued, stale)).containsExactly(queued, stale);
    }

    @Test
    void concurrencyCountsWhatIsInFlight() {
        EndpointState a = holding(90, 200_000);
        EndpointState b = holding(40, 600_000);

        assertThat(detector(CONCURRENCY, Map.of()).saturation(List.of(a, b))).isCloseTo(0.65, within(1e-9));
        assertThat(detector(CONCURRENCY, Map.of("concurrencyMode", "tokens")).saturation(List.of(a, b)))
                .isCloseTo(0.40, within(1e-9));
        assertThat(detector(CONCURRENCY, Map.of("concurrencyMode", "hybrid")).saturation(List.of(a, b)))
                .isCloseTo(0.75, within(1e-9));
        assertThat(detector(CONCURRENCY, Map.of()).saturation(List.of())).isEqualTo(1);
    }

    @Test
    void concurrencyKeepsThoseBelowTheLimitAndMayKeepNobody() {
        EndpointState a = holding(99, 10);
        EndpointState b = holding(100, 10);

        assertThat(filter(CONCURRENCY, Map.of(), a, b)).containsExactly(a);
        assertThat(filter(CONCURRENCY, Map.of(), b)).isEmpty();
        assertThat(filter(CONCURRENCY, Map.of("headroom", 0.019), b)).containsExactly(b);
        assertThat(filter(CONCURRENCY, Map.of("headroom", 0.009), b)).isEmpty();
        assertThat(filter(CONCURRENCY, Map.of("concurrencyMode", "tokens", "maxTokenConcurrency", 11), a, b))
                .containsExactly(a, b);
        assertThat(filter(CONCURRENCY, Map.of("concurrencyMode", "hybrid", "maxTokenConcurrency", 10), a, b))
                .isEmpty();
    }

    @Test
    void wrongParametersAreNamed() {
        assertWrong(
                UTILIZATION, Map.of("queueDepthThreshold", 0), "queueDepthThreshold: 0 (expected: an integer from 1");
        assertWrong(UTILIZATION, Map.of("kvCacheUtilThreshold", 1.1), "kvCacheUtilThreshold: 1.1 (expected: a number");
        assertWrong(
                UTILIZATION, Map.of("metricsStalenessThreshold", "soon"), "metricsStalenessThreshold: soon (expected");
        assertWrong(UTILIZATION, Map.of("headroom", -1), "headroom: -1 (expected: a number from 0");
        assertWrong(
                UTILIZATION,
                Map.of("stalenessPolicy", "x"),
                "stalenessPolicy: x (expected: one of [saturated, ignore])");
        assertWrong(CONCURRENCY, Map.of("concurrencyMode", "x"), "concurrencyMode: x (expected: one of [requests,");
        assertWrong(CONCURRENCY, Map.of("maxConcurrency", 0), "maxConcurrency: 0 (expected: an integer from 1");
    }

    private static void assertWrong(String type, Map<String, Object> parameters, String message) {
        assertThatThrownBy(() -> create(type, parameters))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("plugins[0].parameters." + message);
    }

    private static EndpointState reporting(double waiting, double kvCacheUsage) {
        return Candidates.reporting("e", waiting, kvCacheUsage);
    }

    private static EndpointState holding(int requests, int tokens) {
        EndpointState endpoint = Candidates.silent("e");
        for (int i = 1; i < requests; i++) {
            endpoint.load().reserve(0);
        }
        endpoint.load().reserve(tokens);
        return endpoint;
    }

    private static List<EndpointState> filter(
            String type, Map<String, Object> parameters, EndpointState... candidates) {
        return ((Filter) create(type, parameters))
                .filter(InferenceRequests.completion(Prompt.NONE), List.of(candidates));
    }

    private static SaturationDetector detector(String type, Map<String, Object> parameters) {
        return (SaturationDetector) create(type, parameters);
    }

    private static Object create(String type, Map<String, Object> parameters) {
        PluginParameters read = new PluginParameters("p", "plugins[0].parameters", parameters);
        Object created = Objects.requireNonNull(SaturationDetectors.CATALOG.get(type))
                .create(
                        read,
                        new PluginServices(
                                new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1)),
                                SchedulingObserver.NONE,
                                Runnable::run,
                                InstantSource.system()));
        read.rejectUnread();
        return created;
    }
}
