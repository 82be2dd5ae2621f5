package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.ServedModels;
import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.request.DataKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a scheduling file reads of endpoints, and where it finds them. */
@Timeout(60)
class DataLayerJourneyTest {
    private static final AtomicInteger POWER_OF_ONE = new AtomicInteger(700);
    private static final RawModelServer ONE = answering()
            .showing(() -> "my_queue{state=\"waiting\"} 3\nmy_power_watts " + POWER_OF_ONE.get() + "\n")
            .showing("/v1/models", () -> "{\"data\":[{\"id\":\"m\"},{\"id\":\"sql\",\"parent\":\"m\"}]}");
    private static final RawModelServer OTHER = answering()
            .showing(() -> "sglang:num_queue_reqs 5\nmy_power_watts 300\n")
            .showing("/v1/models", () -> null);
    private static final RawModelServer EXPORTER =
            answering().showing(() -> "DCGM_FI_DEV_GPU_UTIL{pod=\"one\"} 40\nDCGM_FI_DEV_GPU_UTIL{pod=\"other\"} 60\n");
    private static final Path ENDPOINTS = AtomicFile.create("""
            endpoints:
            - {name: one, address: 127.0.0.1, port: %d, labels: {engine: mine}}
            - {name: other, address: 127.0.0.1, port: %d, labels: {engine: cool}}
            """.formatted(ONE.port(), OTHER.port()));
    private static final Path FILE = AtomicFile.create(file("650"));

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .property("bactrian.pools.m.models", "m")
            .property("bactrian.pools.m.scheduling-file", FILE.toString())
            .property("bactrian.pools.m.allow-experimental-plugins", "true")
            .property("bactrian.pools.m.file-check-interval", "5ms")
            .property("bactrian.metrics.interval", "5ms")
            .build();

    private static String file(String limit) {
        return """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                - {name: disc, type: file-discovery, parameters: {path: %s, watchFile: true}}
                - type: metrics-data-source
                - type: core-metrics-extractor
                  parameters:
                    engineLabelKey: engine
                    engineConfigs:
                    - name: mine
                      queuedRequestsSpec: "my_queue{state=waiting}"
                      customMetrics: [{attributeKey: powerWatts, metricSpec: my_power_watts}]
                    - name: cool
                      queuedRequestsSpec: sglang:num_queue_reqs
                      customMetrics: [{attributeKey: powerWatts, metricSpec: my_power_watts}]
                - {type: models-data-source, parameters: {interval: 50ms}}
                - type: models-data-extractor
                - {type: dcgm-data-source, parameters: {port: %d, interval: 50ms}}
                - type: dcgm-extractor
                - {name: hot, type: endpoint-attribute-filter, parameters: {attribute: powerWatts, onMissing: Fail,
                   algorithm: {type: threshold, threshold: {operator: LessThan, value: %s}}}}
                dataLayer:
                  discovery: {pluginRef: disc}
                  sources:
                  - {pluginRef: metrics-data-source, extractors: [{pluginRef: core-metrics-extractor}]}
                  - {pluginRef: models-data-source, extractors: [{pluginRef: models-data-extractor}]}
                  - {pluginRef: dcgm-data-source, extractors: [{pluginRef: dcgm-extractor}]}
                schedulingProfiles:
                - {name: default, plugins: [{pluginRef: hot}]}
                """.formatted(ENDPOINTS, EXPORTER.port(), limit);
    }

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            return true;
        });
    }

    @AfterAll
    static void close() {
        ONE.close();
        OTHER.close();
        EXPORTER.close();
    }

    @Test
    void everySourceAddsToWhatIsKnown() {
        awaitMetrics(
                "one",
                metrics -> metrics.waitingRequests().value() == 3
                        && value(metrics, "GPUUtilization", "dcgm-extractor") == 0.4
                        && value(metrics, "powerWatts", "core-metrics-extractor") == POWER_OF_ONE.get()
                        && metrics.models() != null);
        assertThat(Objects.requireNonNull(metrics("one").models()).models())
                .containsExactly(new ServedModels.Model("m", ""), new ServedModels.Model("sql", "m"));
        awaitMetrics(
                "other",
                metrics -> metrics.waitingRequests().value() == 5
                        && value(metrics, "GPUUtilization", "dcgm-extractor") == 0.6);
        assertThat(metrics("other").models()).as("its list cannot be read").isNull();
    }

    @Test
    void aCustomMetricDecidesAndAChangedFileDecidesAnew() {
        awaitMetrics("other", metrics -> value(metrics, "powerWatts", "core-metrics-extractor") == 300);
        awaitMetrics("one", metrics -> value(metrics, "powerWatts", "core-metrics-extractor") == 700);
        OTHER.clear();
        ONE.clear();
        ask(5);
        assertThat(OTHER.requests()).hasSize(5);

        long generation = generation();
        AtomicFile.replace(FILE, file("650.0") + "# again\n");
        await().until(() -> generation() > generation);
        POWER_OF_ONE.set(100);
        awaitMetrics("one", metrics -> value(metrics, "powerWatts", "core-metrics-extractor") == 100);
        AtomicFile.replace(FILE, file("200"));
        await().until(() -> generation() > generation + 1);
        ask(5);
        assertThat(ONE.requests()).hasSize(5);
        POWER_OF_ONE.set(700);
        AtomicFile.replace(FILE, file("650"));
        await().until(() -> generation() > generation + 2);
    }

    @Test
    void aPageThatDoesNotComeIsCounted() {
        await().until(() ->
                scrape().contains("llm_d_epp_datalayer_poll_errors_total{source_type=\"models-data-source\"}"));
    }

    @Test
    void aFileWithoutDiscoveryIsRefusedAsNobodyWouldNameTheEndpoints() {
        long before = generation();
        AtomicFile.replace(
                FILE, "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins: [{type: queue-scorer}]");
        await().until(() -> scrape().contains("result=\"refused\""));
        assertThat(generation()).isEqualTo(before);
        assertThat(ROUTER.members(pool -> true)).hasSize(2);
        AtomicFile.replace(FILE, file("650"));
        await().until(() -> generation() > before);
    }

    private static void ask(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("m", 1, false)))
                            .status())
                    .isEqualTo(200);
        }
    }

    private static double value(EndpointMetrics metrics, String attribute, String producer) {
        var signal = metrics.custom().get(new DataKey<Double>(attribute, producer));
        return signal == null ? Double.NaN : signal.value();
    }

    private static void awaitMetrics(String endpoint, Predicate<EndpointMetrics> wanted) {
        await().until(() -> wanted.test(metrics(endpoint)));
    }

    private static EndpointMetrics metrics(String endpoint) {
        return ROUTER.members(pool -> true).stream()
                .filter(member -> member.endpoint().name().equals(endpoint))
                .findFirst()
                .orElseThrow()
                .metrics();
    }

    private static long generation() {
        return ROUTER.router().application().pools().get(0).scheduler().generation();
    }

    private static String scrape() {
        return ROUTER.router().application().meters().scrape();
    }

    /** Only to show that nothing of a client's request is asked of the exporter. */
    @AfterAll
    static void theExporterHasSeenNoRequest() {
        assertThat(EXPORTER.requests()).isEqualTo(List.of());
    }
}
