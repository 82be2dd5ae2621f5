package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that two readers could take apart differently are refused, or forwarded in one form. */
class FramingJourneyTest {
    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .build())
            .property("bactrian.passthrough.paths", "/v1/score,/v1/audio/*,/metrics,/v1/load_lora_adapter,/admin/*")
            .build();

    private static final String BODY = Requests.chat("demo", 1, false);
    private static final String LINE = "POST /v1/chat/completions HTTP/1.1\r\n";
    private static final String HOST = "Host: router\r\n";
    private static final String LENGTH = "Content-Length: " + BODY.length() + "\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String CHUNKS = Requests.chunked(BODY, 1000);
    private static final String SIZE = Integer.toHexString(BODY.length());

    /** What follows an ambiguous request on the wire; if it is ever answered, a request was smuggled. */
    private static final String SMUGGLED = "GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n";

    static Stream<Arguments> ambiguous() {
        return Stream.of(
                Arguments.of("length and chunks", LINE + HOST + LENGTH + CHUNKED + "\r\n" + CHUNKS),
                Arguments.of("chunks and length", LINE + HOST + CHUNKED + LENGTH + "\r\n" + CHUNKS),
                Arguments.of("two lengths", LINE + HOST + LENGTH + "Content-Length: 3\r\n\r\n" + BODY),
                Arguments.of("a list of lengths", LINE + HOST + "Content-Length: 3, 5\r\n\r\n" + BODY),
                Arguments.of("the same length twice", LINE + HOST + LENGTH + LENGTH + "\r\n" + BODY),
                Arguments.of("a negative length", LINE + HOST + "Content-Length: -5\r\n\r\n" + BODY),
                Arguments.of("a signed length", LINE + HOST + "Content-Length: +" + BODY.length() + "\r\n\r\n" + BODY),
                Arguments.of("a hexadecimal length", LINE + HOST + "Content-Length: 0x10\r\n\r\n" + BODY),
                Arguments.of("an endless length", LINE + HOST + "Content-Length: 99999999999999999999\r\n\r\n" + BODY),
                Arguments.of("an empty length", LINE + HOST + "Content-Length: \r\n\r\n" + BODY),
                Arguments.of("chunked twice", LINE + HOST + CHUNKED + CHUNKED + "\r\n" + CHUNKS),
                Arguments.of("chunked, chunked", LINE + HOST + "Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS),
                Arguments.of(
                        "chunked, identity", LINE + HOST + "Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS),
                Arguments.of("gzip, chunked", LINE + HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS),
                Arguments.of("xchunked", LINE + HOST + "Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS),
                Arguments.of("identity", LINE + HOST + "Transfer-Encoding: identity\r\n\r\n"),
                Arguments.of("quoted coding", LINE + HOST + "Transfer-Encoding: \"chunked\"\r\n\r\n" + CHUNKS),
                Arguments.of(
                        "coding with a vertical tab", LINE + HOST + "Transfer-Encoding:\u000bchunked\r\n\r\n" + CHUNKS),
                Arguments.of("an empty coding", LINE + HOST + "Transfer-Encoding: \r\n\r\n"),
                Arguments.of("chunks in HTTP/1.0", LINE.replace("1.1", "1.0") + HOST + CHUNKED + "\r\n" + CHUNKS),
                Arguments.of(
                        "space before colon", LINE + HOST + "Content-Length : " + BODY.length() + "\r\n\r\n" + BODY),
                Arguments.of("tab before colon", LINE + HOST + "Transfer-Encoding\t: chunked\r\n\r\n" + CHUNKS),
                Arguments.of("header without a name", LINE + HOST + ": x\r\n\r\n"),
                Arguments.of("header without a colon", LINE + HOST + "Content-Length\r\n\r\n"),
                Arguments.of("NUL in a value", LINE + HOST + "X-A: a\u0000b\r\n" + LENGTH + "\r\n" + BODY),
                Arguments.of("NUL in a name", LINE + HOST + "X\u0000A: b\r\n" + LENGTH + "\r\n" + BODY),
                Arguments.of("carriage return in a value", LINE + HOST + "X-A: a\rb\r\n" + LENGTH + "\r\n" + BODY),
                Arguments.of("folded first header", LINE + " " + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("control bytes before the line", "\u0000\u0001" + LINE + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("no version", "POST /v1/chat/completions\r\n" + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("bad version", LINE.replace("HTTP/1.1", "HTTP/x.1") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("version 2 in text", LINE.replace("HTTP/1.1", "HTTP/2.0") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("method with a colon", "PO:ST /v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n"),
                Arguments.of("four words", "POST /v1/chat/completions x HTTP/1.1\r\n" + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("two hosts", LINE + HOST + "Host: other\r\n" + LENGTH + "\r\n" + BODY),
                Arguments.of("no host", LINE + LENGTH + "\r\n" + BODY),
                Arguments.of("chunk size overflow", LINE + HOST + CHUNKED + "\r\nffffffffffffffff1\r\n" + BODY),
                Arguments.of("huge chunk size", LINE + HOST + CHUNKED + "\r\n100000000" + SIZE + "\r\n" + BODY),
                Arguments.of("negative chunk size", LINE + HOST + CHUNKED + "\r\n-1\r\n" + BODY),
                Arguments.of(
                        "signed chunk size", LINE + HOST + CHUNKED + "\r\n+" + SIZE + "\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "prefixed chunk size",
                        LINE + HOST + CHUNKED + "\r\n0x" + SIZE + "\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of("empty chunk size", LINE + HOST + CHUNKED + "\r\n\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "line feed in a chunk extension",
                        LINE + HOST + CHUNKED + "\r\n" + SIZE + ";a\nb\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "bare line feed after a chunk size",
                        LINE + HOST + CHUNKED + "\r\n" + SIZE + "\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "carriage return in a chunk extension",
                        LINE + HOST + CHUNKED + "\r\n" + SIZE + ";a\rb\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "no line end after a chunk",
                        LINE + HOST + CHUNKED + "\r\n" + SIZE + "\r\n" + BODY + "0\r\n\r\n"),
                Arguments.of(
                        "two bytes instead of a line end",
                        LINE + HOST + CHUNKED + "\r\n" + SIZE + "\r\n" + BODY + "XX0\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ambiguous")
    void refusesWhatIsAmbiguousAndCloses(String name, String request) {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = client.send(request + SMUGGLED).read();

            assertThat(answer.status()).as(name).isEqualTo(400);
            assertThat(answer.header("connection")).hasValue("close");
            assertThat(answer.text()).contains("\"code\":\"bad_request\"");
            assertThat(client.isEnded()).as("closed, and nothing else answered").isTrue();
        }
        assertThat(ROUTER.received()).isEmpty();
    }

    static Stream<Arguments> odd() {
        return Stream.of(
                Arguments.of("empty lines before the request", "\r\n\r\n" + LINE + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("spaces before the request", "  " + LINE + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of(
                        "spaced chunk size", LINE + HOST + CHUNKED + "\r\n " + SIZE + "\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of("folded header", LINE + HOST + "X-A: a\r\n b\r\n" + LENGTH + "\r\n" + BODY),
                Arguments.of("coding in capitals", LINE + HOST + "Transfer-Encoding: CHUNKED\r\n\r\n" + CHUNKS),
                Arguments.of("spaces after the coding", LINE + HOST + "Transfer-Encoding: chunked \t\r\n\r\n" + CHUNKS),
                Arguments.of(
                        "chunk extension", LINE + HOST + CHUNKED + "\r\n" + SIZE + ";a=b\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "chunk size with zeros",
                        LINE + HOST + CHUNKED + "\r\n000" + SIZE + "\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of(
                        "trailers",
                        LINE + HOST + CHUNKED + "\r\n" + SIZE + "\r\n" + BODY
                                + "\r\n0\r\nX-Trailer: 1\r\nContent-Length: 3\r\n\r\n"),
                Arguments.of(
                        "absolute form", LINE.replace("/v1", "http://other:99/v1") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("dot segments", LINE.replace("/v1/", "/v1/x/../") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("doubled slash", LINE.replace("/v1/", "//v1//") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("needless encoding", LINE.replace("chat", "%63hat") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("HTTP/1.0", LINE.replace("1.1", "1.0") + HOST + LENGTH + "\r\n" + BODY),
                Arguments.of("HTTP/1.0 without host", LINE.replace("1.1", "1.0") + LENGTH + "\r\n" + BODY));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("odd")
    void forwardsWhatIsOddInOneForm(String name, String request) {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), request);

        assertThat(answer.status()).as(name).isEqualTo(200);
        assertThat(ROUTER.received()).singleElement().satisfies(received -> {
            assertThat(received.target()).isEqualTo("/v1/chat/completions");
            assertThat(received.bodyText()).isEqualTo(BODY);
            assertThat(received.header("content-length")).hasValue(String.valueOf(BODY.length()));
            assertThat(received.header("transfer-encoding")).isEmpty();
            assertThat(received.header("x-trailer")).isEmpty();
        });
    }

    @Test
    void takesBareLineFeedsAsLineEndsOrRefusesThem() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), (LINE + HOST + LENGTH + "\r\n").replace("\r", "") + BODY);

        assertThat(answer.status()).isIn(200, 400);
        if (answer.status() == 200) {
            assertThat(ROUTER.received()).singleElement().satisfies(received -> assertThat(received.bodyText())
                    .isEqualTo(BODY));
        } else {
            assertThat(ROUTER.received()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPTIONS", "TRACE", "CONNECT", "FOO"})
    void refusesMethodsThatNothingNeeds(String method) {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = client.send(Requests.head(method + " /v1/models HTTP/1.1") + "\r\n")
                    .read();
            assertThat(answer.status()).isEqualTo(405);
            assertThat(answer.header("allow")).hasValue("GET, POST, PUT, PATCH, DELETE");
            assertThat(answer.text()).contains("method_not_allowed");
            assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void answersHeadWithoutABody() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            assertThat(client.send(Requests.head("HEAD /v1/models HTTP/1.1") + "\r\n")
                            .readHead()
                            .status())
                    .isEqualTo(405);
            // A body would be taken for the beginning of this answer.
            assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"GET,/v1/chat/completions,POST", "PUT,/v1/completions,POST", "DELETE,/v1/models,GET"})
    void namesTheMethodThatAPathTakes(String method, String path, String expected) {
        HttpAnswer answer =
                RawClient.exchange(ROUTER.port(), Requests.head(method + " " + path + " HTTP/1.1") + "\r\n");

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).hasValue(expected);
    }

    static Stream<Arguments> paths() {
        return Stream.of(
                Arguments.of("/v1%2fchat/completions", 400),
                Arguments.of("/v1/chat%2Fcompletions", 400),
                Arguments.of("/v1/chat/..;/completions", 400),
                Arguments.of("/v1/models;x=1", 400),
                Arguments.of("/v1/%2e%2e/v1/models", 400),
                Arguments.of("/../v1/models", 400),
                Arguments.of("/v1/models%00", 400),
                Arguments.of("/v1/models%0d%0aX:1", 400),
                Arguments.of("/v1\\models", 400),
                Arguments.of("/v1/models#x", 400),
                Arguments.of("/v1/mod\u00e9ls", 400),
                Arguments.of("*", 400),
                Arguments.of("http://user@host/v1/models", 400),
                Arguments.of("ftp://host/v1/models", 400),
                Arguments.of("/", 404),
                Arguments.of("/v1", 404),
                Arguments.of("/v1/models/", 404),
                Arguments.of("/V1/models", 404),
                Arguments.of("/v1/mycompletions", 404),
                Arguments.of("/metrics", 404),
                Arguments.of("/admin/config", 404),
                Arguments.of("/admin//config", 404),
                Arguments.of("/v1/audio/../../admin/config", 404),
                Arguments.of("/v1/audio/sleep", 404),
                Arguments.of("/v1/load_lora_adapter", 404),
                Arguments.of("/v1/x/../models", 200),
                Arguments.of("//v1/models", 200),
                Arguments.of("/v1/models?a=/../..;%2f", 200),
                Arguments.of("http://any/v1/models", 200));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void readsAPathInOneWay(String path, int status) {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.get(path));

        assertThat(answer.status()).as(path).isEqualTo(status);
        assertThat(ROUTER.received()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/score?x=1", "/v1/audio/speech", "/v1/audio/a/b"})
    void letsThroughWhatIsListed(String path) {
        HttpAnswer answer =
                RawClient.exchange(ROUTER.port(), Requests.postTo(path, "anything", "Content-Type: text/x"));

        assertThat(answer.status())
                .as("of the simulated server, which has no such path")
                .isEqualTo(404);
        assertThat(answer.header("x-bactrian-simulated")).isPresent();
        assertThat(ROUTER.received()).singleElement().satisfies(received -> {
            assertThat(received.target()).isEqualTo(path);
            assertThat(received.bodyText()).isEqualTo("anything");
            assertThat(received.header("content-type")).hasValue("text/x");
        });
    }

    @Test
    void answersPipelinedRequestsInOrder() {
        StringBuilder requests = new StringBuilder();
        List<Integer> lengths = List.of(9, 1, 7, 2, 5);
        for (int tokens : lengths) {
            requests.append(Requests.post(Requests.chat("demo", tokens, tokens % 2 == 0)));
        }
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(requests.toString());
            for (int tokens : lengths) {
                HttpAnswer answer = client.read();
                if (tokens % 2 == 0) {
                    assertThat(answer.text()).endsWith("[DONE]\n\n");
                } else {
                    assertThat(answer.text()).contains("\"completion_tokens\":" + tokens);
                }
            }
        }
    }

    @Test
    void answersASlowRequestBeforeAFastOne() {
        ROUTER.server().hang(Duration.ofMillis(700));
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Requests.post(Requests.chat("demo", 1, false)) + Requests.get("/v1/models"));

            assertThat(client.read().text()).contains("chat.completion");
            assertThat(client.read().text()).contains("\"object\":\"list\"");
        }
    }

    @Test
    void takesAHalfClosedConnectionForOneThatWasLeft() {
        ROUTER.server().hang(Duration.ofMillis(700));
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Requests.post(Requests.chat("demo", 1, false))).halfClose();

            assertThat(client.isEnded()).isTrue();
        }
        assertThat(ROUTER.awaitRecords(1).get(0).outcome()).isEqualTo(Outcome.CLIENT_LEFT);
    }

    @Test
    void closesAfterAnAnswerThatTheClientWantsToBeTheLast() {
        String request = Requests.post(Requests.chat("demo", 3, true), "Connection: close");
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = client.send(request + request).read();

            assertThat(answer.complete()).isTrue();
            assertThat(answer.text()).endsWith("[DONE]\n\n");
            assertThat(answer.header("connection")).hasValue("close");
            assertThat(client.isEnded()).isTrue();
        }
        ROUTER.awaitQuiet();
        assertThat(ROUTER.received()).as("what follows a close is no request").hasSize(1);
    }

    @Test
    void streamsToHttp10UntilItCloses() {
        String body = Requests.chat("demo", 3, true);
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = client.send(Requests.head("POST /v1/chat/completions HTTP/1.0") + "Content-Length: "
                            + body.length() + "\r\n\r\n" + body)
                    .read();

            assertThat(answer.header("transfer-encoding")).isEmpty();
            assertThat(answer.text()).startsWith("data: {").endsWith("data: [DONE]\n\n");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void keepsAnHttp10ConnectionThatAsksForIt() {
        String body = Requests.chat("demo", 3, false);
        String request = Requests.head("POST /v1/chat/completions HTTP/1.0", "Connection: keep-alive")
                + "Content-Length: " + body.length() + "\r\n\r\n" + body;
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            assertThat(client.send(request).read().header("connection")).isEmpty();
            assertThat(client.send(request).read().status()).isEqualTo(200);
        }
    }

    @Test
    void holdsOnlySoMuchOfWhatIsPipelined() {
        String slow = Requests.post(Requests.chat("demo", 2, false));
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            ROUTER.server().hang(Duration.ofSeconds(2));
            client.send(slow);
            String wide = Requests.get("/v1/models", "X-Wide: " + "x".repeat(30_000));
            client.send(wide + wide + wide);
            assertThat(client.isEnded()).as("closed without an answer").isTrue();
        }
    }
}
