package io.bactrian.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a router shows after some requests is what docs/telemetry.md says, to the label and the bucket. */
@Timeout(60)
class TelemetryTableTest {
    private static final String PREFIX = "llm_d_epp_";
    private static final Path PAGE = Path.of("docs/telemetry.md");
    private static final Map<String, String> SHORT = Map.of(
            "MFP", "model_name target_model_name fairness_id priority",
            "P", "plugin_name plugin_type",
            "EP", "endpoint_name namespace port");

    private static final Path REWRITES = AtomicFile.create("""
            apiVersion: llm-d.ai/v1alpha2
            kind: InferenceModelRewrite
            metadata: {name: lasting}
            spec: {rules: [{matches: [{model: {value: lasting-name}}], targets: [{modelRewrite: m}]}]}
            """);

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "pool",
                    SimulatedModelServerOptions.builder()
                            .models("m")
                            .latency(StepLatency.NONE)
                            .build())
            .property("bactrian.metrics.interval", "5ms")
            .property("bactrian.model-rewrites.file", REWRITES.toString())
            .build();

    private record Row(String name, String type, Set<String> labels, String buckets, String shown) {}

    private record Shown(String type, Set<String> labels, List<Double> buckets) {}

    @BeforeEach
    void askForThisAndThat() {
        await().until(() ->
                ROUTER.members(pool -> true).get(0).metrics().waitingRequests().isPresent());
        for (boolean stream : new boolean[] {true, false}) {
            assertThat(RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("m", 5, stream)))
                            .status())
                    .isEqualTo(200);
        }
        assertThat(RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("lasting-name", 5, false)))
                        .status())
                .isEqualTo(200);
        assertThat(RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("nobody", 5, false)))
                        .status())
                .isEqualTo(404);
        ROUTER.awaitQuiet();
    }

    @Test
    void everyFamilyThatIsShownIsInTheTableAndTheOtherWayRound() throws IOException {
        Set<String> promised = rows().stream()
                .filter(row -> row.shown().equals("yes"))
                .map(Row::name)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(shown().keySet()).isEqualTo(promised);
    }

    @Test
    void typesLabelsAndBucketsAreThoseOfTheTable() throws IOException {
        Map<String, List<Double>> buckets = bucketLists();
        Map<String, Shown> shown = shown();
        for (Row row : rows()) {
            Shown family = shown.get(row.name());
            if (family != null) {
                assertThat(family.type()).as("type of " + row.name()).isEqualTo(row.type());
                assertThat(family.labels()).as("labels of " + row.name()).isEqualTo(row.labels());
                assertThat(family.buckets())
                        .as("buckets of " + row.name())
                        .isEqualTo(row.buckets().isEmpty() ? List.of() : buckets.get(row.buckets()));
            }
        }
    }

    @Test
    void thePageIsWellFormed() {
        String page = ROUTER.router().application().meters().scrape();

        assertThat(page)
                .contains("# TYPE llm_d_epp_request_total counter")
                .contains("# TYPE llm_d_epp_request_streaming_tpot_seconds histogram")
                .contains("llm_d_epp_info{build_ref=")
                .containsPattern("request_streaming_tpot_seconds_bucket\\{.*le=\"0.00205\"} \\d")
                .contains(
                        "request_error_total{error_code=\"NotFound\",fairness_id=\"default-flow\",model_name=\"nobody\","
                                + "priority=\"0\",target_model_name=\"nobody\"}");
    }

    private static Map<String, Shown> shown() {
        Map<String, Shown> shown = new TreeMap<>();
        for (MetricSnapshot family :
                ROUTER.router().application().meters().getPrometheusRegistry().scrape()) {
            String name = family.getMetadata().getPrometheusName();
            if (family instanceof InfoSnapshot) {
                name += "_info";
            } else if (family instanceof CounterSnapshot) {
                name += "_total";
            }
            if (name.startsWith(PREFIX) && !family.getDataPoints().isEmpty()) {
                shown.put(name, new Shown(type(family), labels(family), buckets(family)));
            }
        }
        return shown;
    }

    private static String type(MetricSnapshot family) {
        if (family instanceof CounterSnapshot) {
            return "counter";
        }
        return family instanceof HistogramSnapshot ? "histogram" : "gauge";
    }

    private static Set<String> labels(MetricSnapshot family) {
        Set<String> names = new TreeSet<>();
        family.getDataPoints()
                .forEach(point -> point.getLabels().stream().map(Label::getName).forEach(names::add));
        return names;
    }

    private static List<Double> buckets(MetricSnapshot family) {
        return family instanceof HistogramSnapshot histogram
                ? histogram.getDataPoints().get(0).getClassicBuckets().stream()
                        .map(bucket -> bucket.getUpperBound())
                        .filter(limit -> limit != Double.POSITIVE_INFINITY)
                        .toList()
                : List.of();
    }

    private static List<Row> rows() throws IOException {
        return cells().filter(cells -> cells.size() == 6 && cells.get(0).startsWith("`"))
                .map(cells -> new Row(
                        PREFIX + cells.get(0).replace("`", ""),
                        cells.get(1),
                        Arrays.stream(cells.get(2).split(" "))
                                .flatMap(label -> Arrays.stream(
                                        SHORT.getOrDefault(label, label).split(" ")))
                                .filter(label -> !label.isEmpty())
                                .collect(Collectors.toCollection(TreeSet::new)),
                        cells.get(3),
                        cells.get(4)))
                .toList();
    }

    private static Map<String, List<Double>> bucketLists() throws IOException {
        Map<String, List<Double>> lists = new HashMap<>();
        cells().filter(cells -> cells.size() == 2 && cells.get(1).matches("[0-9. ]+"))
                .forEach(cells -> lists.put(
                        cells.get(0),
                        Arrays.stream(cells.get(1).split(" "))
                                .map(Double::valueOf)
                                .toList()));
        return lists;
    }

    /** Returns the cells of every line of a table. */
    private static java.util.stream.Stream<List<String>> cells() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("|"))
                .map(line -> Arrays.stream(
                                line.substring(1, line.lastIndexOf('|')).split("\\|", -1))
                        .map(String::strip)
                        .toList());
    }
}
