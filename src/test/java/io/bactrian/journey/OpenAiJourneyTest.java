package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.simulator.ReceivedRequest;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

class OpenAiJourneyTest {
    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .fixedIdentity("fixed", 1)
                            .build())
            .property("bactrian.http.response-headers", "BactrianPool,BactrianEndpoint")
            .build();

    @Test
    void answersAChatWhole() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("demo", 5, false)));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type")).hasValue("application/json");
        assertThat(answer.text()).contains("\"completion_tokens\":5");
        assertThat(answer.complete()).isTrue();
    }

    @Test
    void streamsAChat() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("demo", 5, true)));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        assertThat(answer.text()).endsWith("data: [DONE]\n\n").doesNotContain("usage");
        assertThat(answer.complete()).isTrue();
    }

    @Test
    void answersATextCompletion() {
        String body = "{\"model\":\"demo\",\"prompt\":\"Once\",\"max_tokens\":3,\"ignore_eos\":true}";

        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.postTo("/v1/completions", body));

        assertThat(answer.text()).contains("\"object\":\"text_completion\"").contains("\"completion_tokens\":3");
    }

    @Test
    void listsTheModels() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.get("/v1/models"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"id\":\"demo\"");
        assertThat(ROUTER.received()).isEmpty();
    }

    @Test
    void takesJsonThatCurlCallsAForm() {
        HttpAnswer answer = RawClient.exchange(
                ROUTER.port(),
                Requests.post(Requests.chat("demo", 2, false), "Content-Type: application/x-www-form-urlencoded"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(onlyReceived().header("content-type")).hasValue("application/json");
    }

    @Test
    void takesJsonWithoutAContentType() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("demo", 2, false)));

        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void takesManyChunkedUploadsOnTwoEventLoops() throws Exception {
        String body = Requests.chat("demo", 2, false);
        String request = Requests.head("POST /v1/chat/completions HTTP/1.1", "Transfer-Encoding: chunked") + "\r\n";
        try (RawClient slow = RawClient.connect(ROUTER.port());
                RawClient slower = RawClient.connect(ROUTER.port());
                RawClient third = RawClient.connect(ROUTER.port())) {
            // Three uploads that do not get on must not hold the two loops that all others need.
            List.of(slow, slower, third).forEach(client -> client.send(request + "5\r\n{\"mod\r\n"));
            ExecutorService clients = Executors.newFixedThreadPool(8);
            try {
                Callable<HttpAnswer> upload =
                        () -> RawClient.exchange(ROUTER.port(), request + Requests.chunked(body, 7));
                List<Future<HttpAnswer>> answers = clients.invokeAll(
                        IntStream.range(0, 40).mapToObj(i -> upload).toList(), 20, TimeUnit.SECONDS);
                for (Future<HttpAnswer> answer : answers) {
                    assertThat(answer.get().status()).isEqualTo(200);
                }
            } finally {
                clients.shutdownNow();
            }
            String rest = Requests.chunked(body.substring(5), 3);
            assertThat(slow.send(rest).read().status()).isEqualTo(200);
            assertThat(slower.send(rest).read().status()).isEqualTo(200);
            assertThat(third.send(rest).read().status()).isEqualTo(200);
        }
    }

    @Test
    void continuesAnUploadThatAsksFirst() {
        String body = Requests.chat("demo", 2, false);
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Requests.head(
                            "POST /v1/chat/completions HTTP/1.1",
                            "Expect: 100-continue",
                            "Content-Length: " + body.length())
                    + "\r\n");
            assertThat(new String(client.bytes(25), java.nio.charset.StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send(body).read().status()).isEqualTo(200);
        }
        assertThat(onlyReceived().header("expect")).isEmpty();
    }

    @Test
    void passesAuthorizationUpstreamAndNeverBackNorIntoLogs() {
        Logger root = (Logger) LoggerFactory.getLogger("ROOT");
        Level before = root.getLevel();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        root.addAppender(log);
        root.setLevel(Level.DEBUG);
        HttpAnswer answer;
        HttpAnswer refused;
        try {
            answer = RawClient.exchange(
                    ROUTER.port(),
                    Requests.post(
                            Requests.chat("demo", 2, true),
                            "Authorization: Bearer s3cr3t",
                            "X-Mine: 0wn3d",
                            "Cookie: c00kie"));
            refused = RawClient.exchange(
                    ROUTER.port(),
                    Requests.post(Requests.chat("unknown", 2, true), "Authorization: Bearer s3cr3t", "X-Mine: 0wn3d"));
            ROUTER.awaitQuiet();
        } finally {
            root.setLevel(before);
            root.detachAppender(log);
        }

        assertThat(onlyReceived().header("authorization")).hasValue("Bearer s3cr3t");
        assertThat(refused.status()).isEqualTo(404);
        for (HttpAnswer one : List.of(answer, refused)) {
            assertThat(one.headers().toString() + one.text()).doesNotContain("s3cr3t", "0wn3d", "c00kie");
        }
        assertThat(List.copyOf(log.list))
                .extracting(ILoggingEvent::getFormattedMessage)
                .noneMatch(line -> line.contains("s3cr3t") || line.contains("c00kie") || line.contains("Say it again"));
    }

    @Test
    void keepsRoutingHeadersOfClientsFromTheModelServer() {
        RawClient.exchange(
                ROUTER.port(),
                Requests.post(
                        Requests.chat("demo", 2, false),
                        "x-prefiller-host-port: 10.0.0.1:1",
                        "X-Gateway-Destination-Endpoint: 10.0.0.1:1",
                        "x-gateway-destination-endpoint-subset: 10.0.0.1:1",
                        "x-gateway-destination-endpoint-served: 10.0.0.1:1",
                        "x-encoder-hosts-ports: 10.0.0.1:1",
                        "x-data-parallel-host-port: 10.0.0.1:1",
                        "x-kv-cache-source-host-port: 10.0.0.1:1",
                        "x-gateway-model-name-rewrite: other"));

        assertThat(onlyReceived().headers())
                .noneMatch(header -> header.getValue().contains("10.0.0.1")
                        || header.getValue().equals("other"));
    }

    @Test
    void keepsHopByHopHeadersToOneHop() {
        RawClient.exchange(
                ROUTER.port(),
                Requests.post(
                        Requests.chat("demo", 2, false),
                        "Connection: keep-alive, X-Hop, x-other-hop",
                        "X-Hop: 1",
                        "X-Other-Hop: 1",
                        "Keep-Alive: timeout=5",
                        "TE: trailers",
                        "Proxy-Authorization: Basic abc",
                        "Proxy-Connection: keep-alive",
                        "Upgrade: h2c",
                        "HTTP2-Settings: AAMAAABkAAQAAP__",
                        "X-End: 1"));

        ReceivedRequest received = onlyReceived();
        assertThat(received.headers())
                .extracting(header -> header.getKey().toLowerCase(Locale.ROOT))
                .contains("x-end")
                .doesNotContain(
                        "connection",
                        "x-hop",
                        "x-other-hop",
                        "keep-alive",
                        "te",
                        "proxy-authorization",
                        "proxy-connection",
                        "upgrade",
                        "http2-settings",
                        "transfer-encoding");
    }

    @Test
    void asksForAnAnswerThatIsNotCompressed() {
        RawClient.exchange(
                ROUTER.port(), Requests.post(Requests.chat("demo", 2, false), "Accept-Encoding: gzip, deflate, br"));

        assertThat(onlyReceived().header("accept-encoding")).hasValue("identity");
        assertThat(onlyReceived().header("host"))
                .hasValue("127.0.0.1:" + ROUTER.server().port());
    }

    @Test
    void givesARequestOneIdOnBothSides() {
        HttpAnswer named = RawClient.exchange(
                ROUTER.port(), Requests.post(Requests.chat("demo", 2, false), "X-Request-Id: mine-1"));
        HttpAnswer evil = RawClient.exchange(
                ROUTER.port(), Requests.post(Requests.chat("demo", 2, false), "X-Request-Id: <script>"));

        assertThat(named.header("x-request-id")).hasValue("mine-1");
        assertThat(ROUTER.received().get(0).header("x-request-id")).hasValue("mine-1");
        assertThat(evil.header("x-request-id"))
                .isEqualTo(ROUTER.received().get(1).header("x-request-id"))
                .hasValueSatisfying(id -> assertThat(id).hasSize(36));
    }

    @Test
    void copiesListedCamelHeadersToEveryAnswer() {
        HttpAnswer streamed = RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("demo", 2, true)));
        HttpAnswer listed = RawClient.exchange(ROUTER.port(), Requests.get("/v1/models", "BactrianPool: forged"));

        assertThat(streamed.header("BactrianPool")).hasValue("demo");
        assertThat(streamed.header("BactrianEndpoint"))
                .hasValue("127.0.0.1:" + ROUTER.server().port());
        assertThat(listed.header("BactrianPool")).isEmpty();
        assertThat(streamed.header("BactrianModel")).isEmpty();
    }

    @Test
    void streamsToTheOfficialJavaClient() {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + ROUTER.port() + "/v1")
                .apiKey("none")
                .build();
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("demo")
                .addUserMessage("Say it again")
                .maxCompletionTokens(20)
                .build();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(params)) {
            long texts = chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .filter(choice -> choice.delta()
                            .content()
                            .filter(text -> !text.isEmpty())
                            .isPresent())
                    .count();
            assertThat(texts).isPositive();
        } finally {
            client.close();
        }
    }

    private static ReceivedRequest onlyReceived() {
        assertThat(ROUTER.received()).hasSize(1);
        return ROUTER.received().get(0);
    }
}
