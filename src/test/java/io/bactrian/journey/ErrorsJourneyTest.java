package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.Doorman;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import io.bactrian.request.ErrorCode;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every row of docs/errors.md, provoked. */
@Timeout(60)
class ErrorsJourneyTest {
    private static final Path TABLE = Path.of("docs", "errors.md");
    private static final int MAX_CONNECTIONS = 8;

    /** Headers a row must name if its answer has them. */
    private static final List<String> NAMED =
            List.of("connection", "retry-after", "allow", "x-llm-d-request-dropped-reason");

    private static final RawModelServer DEAD = new RawModelServer(connection -> false);
    private static final RawModelServer SILENT = new RawModelServer(RawModelServer.Connection::awaitClose);

    private static final Path POLICY = AtomicFile.create("""
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins: [{type: 'bean:doorman'}]
            """);

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .build())
            .raw("dead", DEAD)
            .raw("silent", SILENT)
            .raw("empty", new RawModelServer(connection -> false))
            .raw("guarded", new RawModelServer(connection -> false))
            .property("bactrian.pools.guarded.scheduling-file", POLICY.toString())
            .property(
                    "bactrian.routes.dir",
                    AtomicFile.folder("doorman.camel.yaml", Doorman.BEANS).toString())
            .property("bactrian.http.header-timeout", "300ms")
            .property("bactrian.http.max-body-bytes", "4000")
            .property("bactrian.http.max-buffered-bytes", "6000")
            .property("bactrian.http.max-initial-line-bytes", "1KiB")
            .property("bactrian.http.max-header-bytes", "2KiB")
            .property("bactrian.http.max-connections", String.valueOf(MAX_CONNECTIONS))
            .property("bactrian.http.exposed-headers", "BactrianPool")
            .property("bactrian.upstream.first-byte-timeout", "300ms")
            .property("bactrian.objectives.file", "test-fixtures/objectives/objectives.yaml")
            .build();

    /** Makes the router give an error. */
    interface Provocation {
        HttpAnswer provoke();
    }

    private static final Map<ErrorCode, Provocation> PROVOCATIONS = Map.ofEntries(
            Map.entry(ErrorCode.BAD_REQUEST, () -> ask(Requests.post("{\"model\":"))),
            Map.entry(ErrorCode.UNAUTHORIZED, () -> turnAway(ErrorCode.UNAUTHORIZED)),
            Map.entry(ErrorCode.FORBIDDEN, ErrorsJourneyTest::nameNobodyOfTheList),
            Map.entry(ErrorCode.NOT_FOUND, () -> ask(Requests.get("/metrics"))),
            Map.entry(ErrorCode.MODEL_NOT_FOUND, () -> ask(chat("nobody"))),
            Map.entry(ErrorCode.METHOD_NOT_ALLOWED, () -> ask(Requests.get("/v1/chat/completions"))),
            Map.entry(ErrorCode.REQUEST_TIMEOUT, () -> ask("GET /v1/models HTTP/1.1\r\n")),
            Map.entry(
                    ErrorCode.PRECONDITION_FAILED,
                    () -> ask(Requests.post(
                            Requests.chat("demo", 1, true, "\"cache_salt\":\"nobody's\","), "Prefer: if-available"))),
            Map.entry(ErrorCode.BODY_TOO_LARGE, () -> ask(Requests.post("x".repeat(4001)))),
            Map.entry(ErrorCode.URI_TOO_LONG, () -> ask(Requests.get("/" + "x".repeat(2000)))),
            Map.entry(ErrorCode.HEADERS_TOO_LARGE, () -> ask(Requests.get("/", "X-A: " + "x".repeat(3000)))),
            // A pool that shows no metrics has, for all that is known, no room.
            Map.entry(
                    ErrorCode.SATURATED,
                    () -> ask(Requests.post(Requests.chat("dead", 1, true), "x-llm-d-inference-objective: batch"))),
            Map.entry(
                    ErrorCode.INTERNAL,
                    () -> ask(Requests.post(Requests.chat("demo", 1, false), "BactrianPool: nowhere"))),
            Map.entry(ErrorCode.UPSTREAM_FAILED, () -> ask(chat("dead"))),
            Map.entry(ErrorCode.MEMORY_EXHAUSTED, ErrorsJourneyTest::fillTheMemory),
            Map.entry(ErrorCode.TOO_MANY_CONNECTIONS, ErrorsJourneyTest::openTooMany),
            Map.entry(ErrorCode.NO_ENDPOINT, ErrorsJourneyTest::emptyThePool),
            Map.entry(ErrorCode.SHUTTING_DOWN, ErrorsJourneyTest::askARouterThatStops),
            Map.entry(ErrorCode.UPSTREAM_TIMEOUT, () -> ask(chat("silent"))));

    /** No plug-in of ours does this; one of a third party may. */
    private static HttpAnswer turnAway(ErrorCode code) {
        return ask(Requests.post(Requests.chat("guarded", 1, true), "x-refuse: " + code));
    }

    private static String chat(String model) {
        return Requests.post(Requests.chat(model, 1, true));
    }

    private static HttpAnswer ask(String request) {
        return RawClient.exchange(ROUTER.port(), request);
    }

    private static HttpAnswer nameNobodyOfTheList() {
        try (RouterFixture sidecar = new SidecarUnderTest(DEAD.port()).start()) {
            return RawClient.exchange(
                    sidecar.port(),
                    Requests.post(Requests.chat("demo", 1, false), "x-prefiller-host-port: 10.9.9.9:8000"));
        }
    }

    private static HttpAnswer fillTheMemory() {
        String head = Requests.head("POST /v1/completions HTTP/1.1", "Content-Length: 4000") + "\r\n";
        try (RawClient first = RawClient.connect(ROUTER.port())) {
            first.send(head + "x".repeat(3500));
            await().until(() -> ROUTER.router().application().budget().heldBytes() == 3500);
            return ask(head);
        }
    }

    private static HttpAnswer openTooMany() {
        List<RawClient> open = new ArrayList<>();
        try {
            for (int i = 0; i < MAX_CONNECTIONS; i++) {
                open.add(RawClient.connect(ROUTER.port()));
            }
            // Event loops count them as they get to it.
            await().until(() -> ROUTER.router().application().openConnections() == MAX_CONNECTIONS);
            return ask(Requests.get("/v1/models"));
        } finally {
            open.forEach(RawClient::close);
        }
    }

    private static HttpAnswer emptyThePool() {
        ROUTER.router().application().pools().stream()
                .filter(pool -> pool.pool().name().equals("empty"))
                .forEach(pool -> pool.pool().replaceEndpoints(List.of()));
        return ask(chat("empty"));
    }

    private static HttpAnswer askARouterThatStops() {
        RawModelServer server = new RawModelServer(connection -> false);
        try (RouterFixture stopping =
                RouterFixture.builder().raw("demo", server).build().start()) {
            stopping.router().application().drain().refuseAndAwaitIdle(Duration.ZERO);
            return RawClient.exchange(stopping.port(), Requests.get("/v1/models"));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One row of the table. */
    record Row(int status, String code, String type, List<String> headers, boolean retryHelps) {
        static Row of(String line) {
            List<String> cells = Arrays.stream(line.split("\\|", -1))
                    .map(cell -> cell.strip().replace("`", ""))
                    .toList();
            List<String> headers = Arrays.stream(cells.get(5).split(", ", -1))
                    .filter(name -> !name.isEmpty())
                    .toList();
            return new Row(
                    Integer.parseInt(cells.get(1)),
                    cells.get(2),
                    cells.get(3),
                    headers,
                    cells.get(6).equals("yes"));
        }

        ErrorCode errorCode() {
            return ErrorCode.valueOf(code.toUpperCase(Locale.ROOT));
        }
    }

    static Stream<Row> rows() throws IOException {
        return Files.readAllLines(TABLE).stream()
                .filter(line -> line.matches("\\| \\d.*"))
                .map(Row::of);
    }

    @Test
    void hasARowAndAProvocationForEveryCode() throws IOException {
        assertThat(rows().map(Row::errorCode)).containsExactly(ErrorCode.values());
        assertThat(PROVOCATIONS).containsOnlyKeys(ErrorCode.values());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void answersAsTheTableSays(Row row) {
        ErrorCode code = row.errorCode();
        assertThat(row.status()).isEqualTo(code.status());
        assertThat(row.type()).isEqualTo(code.type());
        assertThat(row.retryHelps()).isEqualTo(code.retryHelps());

        HttpAnswer answer = Objects.requireNonNull(PROVOCATIONS.get(code)).provoke();

        assertThat(answer.status()).isEqualTo(row.status());
        assertThat(answer.header("content-type")).hasValue("application/json");
        assertThat(answer.text())
                .matches("\\{\"error\":\\{\"message\":\".+\",\"type\":\"" + row.type() + "\",\"param\":null,\"code\":\""
                        + row.code() + "\"}}");
        assertThat(answer.complete()).isTrue();
        for (String header : row.headers()) {
            String[] parts = header.split(": ", 2);
            assertThat(answer.header(parts[0])).as(header).hasValueSatisfying(value -> assertThat(value)
                    .contains(parts.length > 1 ? parts[1] : ""));
        }
        List<String> listed = row.headers().stream()
                .map(header -> header.split(": ", 2)[0].toLowerCase(Locale.ROOT))
                .toList();
        assertThat(NAMED)
                .filteredOn(name -> answer.header(name).isPresent())
                .as("headers that the row leaves out")
                .isSubsetOf(listed);
    }
}
