package io.bactrian.journey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests for one model that another serves, through the sockets and back. */
class ModelRewriteJourneyTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final RawModelServer SERVER = new RawModelServer(connection -> false);
    private static final Path RULES = AtomicFile.create(text("served-model"));

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("served-model", SERVER)
            .raw("other-model", new RawModelServer(connection -> false))
            .property("bactrian.model-rewrites.file", RULES.toString())
            .property("bactrian.model-rewrites.check-interval", "10ms")
            .build();

    private static String text(String target) {
        return "apiVersion: llm-d.ai/v1alpha2\nkind: InferenceModelRewrite\nmetadata: {name: lasting}\nspec:\n  poolRef: {name: served-model}\n  rules:\n"
                + "  - matches: [{model: {type: Exact, value: asked-model}}]\n    targets: [{modelRewrite: " + target
                + "}]\n";
    }

    static List<RecordedApis.Request> requests() {
        return RecordedApis.requests().stream()
                .filter(request -> new String(request.body(), UTF_8).contains("asked-model"))
                .toList();
    }

    @BeforeEach
    void forget() {
        SERVER.clear();
    }

    @ParameterizedTest
    @MethodSource("requests")
    void renamesThereAndBack(RecordedApis.Request recorded) throws IOException {
        byte[] answer = recorded.answer();
        String type = recorded.streams() ? "text/event-stream" : "application/json";
        SERVER.answerWith(connection -> {
            connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + answer.length + "\r\n\r\n");
            connection.send(answer);
            return true;
        });

        HttpAnswer got = RawClient.exchange(ROUTER.port(), recorded.wire());

        assertThat(got.status()).isEqualTo(200);
        assertThat(got.complete()).isTrue();
        String request = SERVER.requests().get(0);
        JsonNode forwarded = MAPPER.readTree(
                request.substring(request.indexOf("\r\n\r\n") + 4).getBytes(ISO_8859_1));
        ObjectNode expected = ((ObjectNode) MAPPER.readTree(recorded.body())).put("model", "served-model");
        if (forwarded.has("stream_options")) {
            expected.putObject("stream_options").put("include_usage", true);
        }
        assertThat(forwarded).isEqualTo(expected);
        int said = count(new String(answer, UTF_8), "Kamel mit");
        assertThat(count(got.text(), "Kamel mit")).isEqualTo(said);
        assertThat(got.text())
                .doesNotContainPattern("\"object\": ?\"[a-z.]+\", ?\"created\": ?1, ?\"model\": ?\"served-model\"");
    }

    private static int count(String text, String wanted) {
        return text.split(wanted, -1).length - 1;
    }

    @Test
    void takesARuleThatHasChanged() {
        SERVER.answerWith(ModelRewriteJourneyTest::answerNothing);
        try {
            AtomicFile.replace(RULES, text("served-model-2"));

            await().untilAsserted(
                            () -> assertThat(forwardedModel("x-nothing: 1")).isEqualTo("served-model-2"));
        } finally {
            AtomicFile.replace(RULES, text("served-model"));
            await().untilAsserted(
                            () -> assertThat(forwardedModel("x-nothing: 1")).isEqualTo("served-model"));
        }
    }

    @Test
    void countsWhatRulesDecide() {
        SERVER.answerWith(ModelRewriteJourneyTest::answerNothing);

        forwardedModel("x-nothing: 1");

        assertThat(ROUTER.router().application().meters().scrape())
                .contains(
                        "model_rewrite_decisions_total{model_name=\"asked-model\",model_rewrite_name=\"lasting\",target_model=\"served-model\"}");
    }

    @Test
    void trustsNoHeaderUnlessToldTo() {
        SERVER.answerWith(ModelRewriteJourneyTest::answerNothing);

        assertThat(forwardedModel("x-llm-d-model-name-rewrite: other-model")).isEqualTo("served-model");
    }

    @Test
    void takesTheModelFromAHeaderThatIsTrusted() {
        RawModelServer server = new RawModelServer(ModelRewriteJourneyTest::answerNothing);
        try (RouterFixture trusting = RouterFixture.builder()
                .raw("served-model", server)
                .property("bactrian.model-rewrites.trust-header", "true")
                .build()
                .start()) {
            RawClient.exchange(
                    trusting.port(),
                    Requests.post(
                            Requests.chat("asked-model", 1, false), "x-gateway-model-name-rewrite: served-model"));

            assertThat(server.requests().get(0))
                    .contains("\"model\":\"served-model\"")
                    .doesNotContain("rewrite");
        }
    }

    private static boolean answerNothing(RawModelServer.Connection connection) throws IOException {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        return true;
    }

    private static String forwardedModel(String header) {
        SERVER.clear();
        RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("asked-model", 1, false), header));
        String request = SERVER.requests().get(0);
        try {
            return MAPPER.readTree(request.substring(request.indexOf("\r\n\r\n") + 4))
                    .path("model")
                    .asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
