package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bactrian.config.ConfigurationException;
import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each request leaves one line of JSON, however it ends, and nobody's words in it. */
@Timeout(60)
class AccessLogJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path LOG = AtomicFile.create("");
    private static final String OBJECTIVES = """
            apiVersion: llm-d.ai/v1alpha2
            kind: InferenceObjective
            metadata: {name: batch}
            spec: {priority: -1}
            """;
    private static final AtomicInteger WAITING = new AtomicInteger();
    private static final String STREAM_HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    private static final String ROLE = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    private static final String TOKEN = "data: {\"choices\":[{\"delta\":{\"content\":\"secret\"}}]}\n\n";

    private static final RawModelServer SERVER = new RawModelServer(connection -> false)
            .showing(() -> "vllm:num_requests_waiting " + WAITING.get()
                    + "\nvllm:num_requests_running 1\nvllm:kv_cache_usage_perc 0.1\n");

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", SERVER)
            .property("bactrian.metrics.interval", "5ms")
            .property("bactrian.access-log.enabled", "true")
            .property("bactrian.access-log.file", LOG.toString())
            .property("bactrian.objectives.file", AtomicFile.create(OBJECTIVES).toString())
            .build();

    @Test
    void aServedRequestTellsItsPoolTokensAndTimes() {
        SERVER.answerWith(connection -> {
            connection.send(STREAM_HEAD + ROLE + TOKEN + TOKEN
                    + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,"
                    + "\"total_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n");
            return false;
        });

        JsonNode line = lineOf("served", Requests.chat("m", 2, true));

        assertThat(names(line))
                .containsExactlyInAnyOrder(
                        "time",
                        "request_id",
                        "api",
                        "stream",
                        "priority",
                        "request_bytes",
                        "pool",
                        "model",
                        "endpoint",
                        "status",
                        "end",
                        "retries",
                        "tokens_in",
                        "tokens_out",
                        "tokens_cached",
                        "tokens_estimated",
                        "response_bytes",
                        "wait_ms",
                        "ttft_ms",
                        "itl_p99_ms",
                        "duration_ms");
        assertThat(line.get("api").asText()).isEqualTo("chat_completions");
        assertThat(line.get("pool").asText()).isEqualTo("m");
        assertThat(line.get("model").asText()).isEqualTo("m");
        assertThat(line.get("endpoint").asText()).isEqualTo("127.0.0.1:" + SERVER.port());
        assertThat(line.get("status").asInt()).isEqualTo(200);
        assertThat(line.get("end").asText()).isEqualTo("completed");
        assertThat(line.get("tokens_in").asInt()).isEqualTo(7);
        assertThat(line.get("tokens_out").asInt()).isEqualTo(2);
        assertThat(line.get("tokens_cached").asInt()).isEqualTo(4);
        assertThat(line.get("tokens_estimated").asBoolean()).isFalse();
        assertThat(line.get("ttft_ms").asDouble())
                .isBetween(0.001, line.get("duration_ms").asDouble());
    }

    @Test
    void anErrorOfTheModelServerIsToldWithItsStatus() {
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 422 Odd\r\nContent-Length: 6\r\n\r\nsecret");
            return true;
        });

        JsonNode line = lineOf("error", Requests.chat("m", 2, false));

        assertThat(line.get("status").asInt()).isEqualTo(422);
        assertThat(line.get("end").asText()).isEqualTo("completed");
    }

    @Test
    void aCutStreamIsToldAsSuch() {
        SERVER.answerWith(connection -> {
            connection.send(STREAM_HEAD + ROLE + TOKEN);
            return false;
        });

        JsonNode line = lineOf("cut", Requests.chat("m", 2, true));

        assertThat(line.get("end").asText()).isEqualTo("upstream_cut");
        assertThat(line.get("error").asText()).isEqualTo("upstream_failed");
        assertThat(line.get("tokens_out").asInt()).isEqualTo(1);
    }

    @Test
    void aClientThatLeavesIsTold() {
        CountDownLatch asked = new CountDownLatch(1);
        SERVER.answerWith(connection -> {
            connection.send(STREAM_HEAD + ROLE);
            asked.countDown();
            return connection.awaitClose();
        });
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Requests.post(Requests.chat("m", 2, true), "x-request-id: left"));
            client.readHead();
            client.reset();
        }

        assertThat(await("left").get("end").asText()).isEqualTo("client_left");
        assertThat(asked.getCount()).isZero();
    }

    @Test
    void aShedRequestIsToldWithItsReason() {
        reportWaiting(500);
        try {
            String request = Requests.post(
                    Requests.chat("m", 2, false), "x-request-id: shed", "x-llm-d-inference-objective: batch");
            assertThat(RawClient.exchange(ROUTER.port(), request).status()).isEqualTo(429);

            JsonNode line = await("shed");
            assertThat(line.get("status").asInt()).isEqualTo(429);
            assertThat(line.get("end").asText()).isEqualTo("refused");
            assertThat(line.get("error").asText()).isEqualTo("saturated");
            assertThat(line.get("reason").asText()).isEqualTo("rejected-saturated");
            assertThat(line.get("priority").asInt()).isEqualTo(-1);
            assertThat(line.has("endpoint")).isFalse();
        } finally {
            reportWaiting(0);
        }
    }

    @Test
    void whatCannotBeReadIsToldToo() {
        assertThat(lineOf("garbage", "{").get("status").asInt()).isEqualTo(400);
        JsonNode unknown = lineOf("unknown", Requests.chat("secret", 2, false));
        assertThat(unknown.get("status").asInt()).isEqualTo(404);
        assertThat(unknown.get("error").asText()).isEqualTo("model_not_found");
        RawClient.exchange(ROUTER.port(), "GET /secret HTTP/1.1\r\n\r\n");
        Awaitility.await().until(() -> lines().stream()
                .anyMatch(line -> !line.has("request_id") && line.path("status").asInt() == 400));
    }

    @Test
    void aFileThatCannotBeWrittenToStopsTheStart() {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        RouterFixture.Builder builder = RouterFixture.builder()
                .property("bactrian.access-log.enabled", "true")
                .property("bactrian.access-log.file", folder.toString());

        assertThatThrownBy(() -> builder.build().start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("bactrian.access-log.file: " + folder + " (expected: a file that can be written to)");
    }

    /** Sends {@code body} as the request called {@code id} and returns the line it leaves. */
    private static JsonNode lineOf(String id, String body) {
        RawClient.exchange(ROUTER.port(), Requests.post(body, "x-request-id: " + id, "Authorization: Bearer secret"));
        return await(id);
    }

    private static JsonNode await(String id) {
        Awaitility.await().until(() -> lines().stream()
                .anyMatch(line -> id.equals(line.path("request_id").asText())));
        return lines().stream()
                .filter(line -> id.equals(line.path("request_id").asText()))
                .reduce((a, b) -> {
                    throw new AssertionError("two lines of " + id);
                })
                .orElseThrow();
    }

    /** Returns the whole lines there are, none of which may hold what clients, servers or keys say. */
    private static List<JsonNode> lines() {
        try {
            String text = Files.readString(LOG);
            assertThat(text).doesNotContain("secret", "Say it again", "Bearer");
            List<JsonNode> lines = new ArrayList<>();
            for (String line :
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                lines.add(JSON.readTree(line));
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> names(JsonNode line) {
        Set<String> names = new TreeSet<>();
        line.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static void reportWaiting(int requests) {
        WAITING.set(requests);
        Awaitility.await()
                .until(() -> ROUTER.members(pool -> true)
                                .get(0)
                                .metrics()
                                .waitingRequests()
                                .value()
                        == requests);
    }
}
