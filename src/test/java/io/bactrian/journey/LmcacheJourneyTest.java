package io.bactrian.journey;

import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.api.TokenUsage;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.fixture.WaitingRoom;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LMCache's disaggregation: the first token from the prefill endpoint, the others from the decode endpoint, as one answer. */
@Timeout(60)
class LmcacheJourneyTest {
    private static final String PATH = "/v1/completions";
    private static final String BODY = "{\"model\":\"demo\",\"prompt\":\"abc\",\"max_tokens\":20}";
    private static final String TOKENS = json(200, "{\"count\":2,\"max_model_len\":4096,\"tokens\":[64, 65]}");
    private static final String ANSWER =
            "{\"id\":\"cmpl-d\",\"object\":\"text_completion\",\"created\":7,\"model\":\"demo\",\"choices\":[{\"index\":0,"
                    + "\"text\":\"%s\",\"logprobs\":null,\"finish_reason\":\"stop\",\"stop_reason\":null}],"
                    + "\"usage\":{\"prompt_tokens\":%d,\"total_tokens\":9,\"completion_tokens\":%d,"
                    + "\"prompt_tokens_details\":%s}%s}";

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = prefilling(first(" F", "length", "{\"first_tok\":70}"));
    private final RawModelServer decode =
            RawModelServer.answering(json(200, ANSWER.formatted("oo bar", 3, 6, "null", "")));
    private RouterFixture router = RouterFixture.builder().build();

    /** A prefill server, which tells tokens and answers prompts with {@code answer}. */
    private static RawModelServer prefilling(String answer) {
        return new RawModelServer(saying(TOKENS, answer));
    }

    private static RawModelServer.Script saying(String tokens, String answer) {
        return connection -> {
            connection.send(connection.request().startsWith("POST /tokenize ") ? tokens : answer);
            return true;
        };
    }

    private static String first(String text, String reason, String params) {
        return json(200, firstBody(text, reason, params));
    }

    private static String firstBody(String text, String reason, String params) {
        return "{\"id\":\"cmpl-p\",\"object\":\"text_completion\",\"created\":5,\"model\":\"demo\",\"choices\":[{\"index\":0,"
                + "\"text\":\"" + text + "\",\"logprobs\":null,\"finish_reason\":\"" + reason
                + "\"}],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1,\"total_tokens\":3,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":1}},\"kv_transfer_params\":" + params + "}";
    }

    private static String stream(String... events) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Requests.chunked(String.join("", events), 7); // splits every line
    }

    private static String event(String text, String reason, String more) {
        return "data: {\"id\":\"cmpl-d\",\"object\":\"text_completion\",\"created\":7,\"model\":\"demo\",\"choices\":[{\"index\":0,"
                + "\"text\":\"" + text + "\",\"logprobs\":null,\"finish_reason\":" + reason + "}]" + more + "}\n\n";
    }

    @AfterEach
    void close() {
        router.closeWhenQuiet();
    }

    private SplitPool pool() {
        return new SplitPool(dir)
                .split("kv-connector", "lmcache")
                .prefill(prefill)
                .decode(decode);
    }

    private HttpAnswer ask(String body) {
        return RawClient.exchange(router.port(), Requests.postTo(PATH, body, "x-request-id: r-9"));
    }

    /** Returns what the router has recorded of the one request. */
    private TokenUsage usage() {
        return Objects.requireNonNull(router.records().get(0).usage());
    }

    private static List<String> bodies(RawModelServer server) {
        return server.requests().stream().map(SplitPool::bodyOf).toList();
    }

    @Test
    void theLegsCarryWhatTheTraceShows() {
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(ANSWER.formatted(" Foo bar", 2, 7, "{\"cached_tokens\":1}", ""));
        assertThat(answer.header("content-length"))
                .contains(String.valueOf(answer.text().length()));
        assertThat(prefill.requests().get(0)).startsWith("POST /tokenize HTTP/1.1\r\n");
        assertThat(prefill.requests().get(1)).startsWith("POST /v1/completions HTTP/1.1\r\n");
        assertThat(bodies(prefill).stream().map(body -> body.replaceFirst("\"r-9-[0-9a-f-]{36}\"", "\"r-9\"")))
                .containsExactly(
                        "{\"model\":\"demo\",\"prompt\":\"abc\"}",
                        "{\"model\":\"demo\",\"prompt\":[64,65],\"max_tokens\":1,\"stream\":false,\"kv_transfer_params\":"
                                + "{\"ret_first_tok\":true,\"disagg_spec\":{\"req_id\":\"r-9\",\"receiver_host\":\"127.0.0.1\","
                                + "\"receiver_init_port\":[7300],\"receiver_alloc_port\":[7400]}}}");
        assertThat(bodies(decode)).containsExactly("{\"model\":\"demo\",\"prompt\":[64,65,70],\"max_tokens\":19}");
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"lmcache\",outcome=\"ok\"}"))
                .isEqualTo("1.0");
        assertThat(router.meter("bactrian_pd_inflight{stage=\"prefill\"}")).isEqualTo("0.0");
    }

    @Test
    void eachRankHasAPortAndLabelsSayWhere() {
        router = new SplitPool(dir)
                .split("kv-connector", "lmcache")
                .split("lmcache.tp-size", "2")
                .split("lmcache.alloc-port", "8400")
                .prefill(prefill)
                .at("decode", decode.port(), "bactrian.io/lmcache-init-port: '9300'")
                .start();

        assertThat(ask(BODY).status()).isEqualTo(200);

        assertThat(bodies(prefill).get(1))
                .contains("\"receiver_init_port\":[9300,9301],\"receiver_alloc_port\":[8400,8401]");
        decode.close();
    }

    @Test
    void aStreamBeginsWithAnEventOfTheFirstToken() {
        String usage = ",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":9,\"completion_tokens\":6}";
        String report = "data: {\"id\":\"cmpl-d\",\"choices\":[]" + usage + "}\n\n";
        String rest = event("oo", "null", "") + event(" bar", "\"stop\"", "");
        decode.answerWith(connection -> {
            connection.send(stream(": hello\n\n", rest, report, "data: [DONE]\n\n"));
            return true;
        });
        router = pool().start();

        HttpAnswer answer = ask(BODY.replace("}", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));

        assertThat(answer.text())
                .isEqualTo(": hello\n\n" + event(" F", "null", "") + rest
                        + report.replace(
                                        "\"prompt_tokens\":3",
                                        "\"prompt_tokens_details\":{\"cached_tokens\":1},\"prompt_tokens\":2")
                                .replace("\"completion_tokens\":6", "\"completion_tokens\":7")
                        + "data: [DONE]\n\n");
        assertThat(bodies(decode))
                .containsExactly("{\"model\":\"demo\",\"prompt\":[64,65,70],\"max_tokens\":19,\"stream\":true,"
                        + "\"stream_options\":{\"include_usage\":true}}");
        assertThat(bodies(prefill).get(1)).contains("\"stream\":false").doesNotContain("stream_options");
        router.awaitQuiet();
        assertThat(usage().completionTokens()).isEqualTo(7);
    }

    @Test
    void usageThatNobodyAskedForIsLeftOut() {
        decode.answerWith(connection -> {
            connection.send(stream(
                    event("oo", "\"stop\"", ""),
                    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"total_tokens\":9,\"completion_tokens\":6}}\n\n",
                    "data: [DONE]\n\n"));
            return true;
        });
        router = pool().start();

        HttpAnswer answer = ask(BODY.replace("}", ",\"stream\":true}"));

        assertThat(answer.text()).isEqualTo(event(" F", "null", "") + event("oo", "\"stop\"", "") + "data: [DONE]\n\n");
    }

    @Test
    void tokenIdsNeedNotBeAskedFor() {
        router = pool().start();

        assertThat(ask("{\"model\":\"demo\",\"prompt\":[ 64, 65 ]}").status()).isEqualTo(200);

        assertThat(bodies(prefill)).hasSize(1);
        assertThat(bodies(decode))
                .as("the API's default is 16")
                .containsExactly("{\"model\":\"demo\",\"prompt\":[ 64, 65 ,70],\"max_tokens\":15}");
    }

    @Test
    void thePrefillEndpointMayHaveAnsweredAll() {
        prefill.answerWith(saying(TOKENS, first(" F", "stop", "{\"first_tok\":70}")));
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        String whole = firstBody(" F", "stop", "1");
        assertThat(answer.text()).isEqualTo(whole.replace(",\"kv_transfer_params\":1", ""));
        assertThat(answer.header("content-length"))
                .contains(String.valueOf(answer.text().length()));
        await().until(() -> decode.requests().size() == 1);
        assertThat(bodies(decode))
                .as("what was pushed is used up")
                .containsExactly("{\"model\":\"demo\",\"prompt\":[64,65,70],\"max_tokens\":1" + ",\"stream\":false}");
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"lmcache\",outcome=\"ok\"}"))
                .isEqualTo("1.0");
        assertThat(router.meter("bactrian_pd_stranded_kv_total{action=\"drained\"}"))
                .isEqualTo("1.0");
        assertThat(usage().completionTokens()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWholeAnswerIsAStreamToWhoAsksForOne(boolean withUsage) {
        prefill.answerWith(saying(TOKENS, first(" F", "stop", "{\"first_tok\":70}")));
        router = pool().start();

        HttpAnswer answer = ask(BODY.replace(
                "}", ",\"stream\":true" + (withUsage ? ",\"stream_options\":{\"include_usage\":true}" : "") + "}"));

        String head =
                "data: {\"object\":\"text_completion\",\"id\":\"cmpl-p\",\"created\":5,\"model\":\"demo\",\"choices\":";
        assertThat(answer.text())
                .isEqualTo(head + "[{\"index\":0,\"text\":\" F\",\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n"
                        + (withUsage
                                ? head + "[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1,\"total_tokens\":3,"
                                        + "\"prompt_tokens_details\":{\"cached_tokens\":1}}}\n\n"
                                : "")
                        + "data: [DONE]\n\n");
        await().until(() -> decode.requests().size() == 1);
        router.awaitQuiet();
        assertThat(usage().promptTokens()).isEqualTo(2);
    }

    /** A token that is a part of a character has no text of its own: the decode endpoint generates it again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\\ufffd", "\\ud83d"})
    void aTokenWithoutTextIsGeneratedAgain(String text) {
        prefill.answerWith(saying(TOKENS, first(text, "length", "{\"first_tok\":70}")));
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        assertThat(bodies(decode)).containsExactly("{\"model\":\"demo\",\"prompt\":[64,65],\"max_tokens\":20}");
        assertThat(answer.text()).isEqualTo(ANSWER.formatted("oo bar", 3, 6, "{\"cached_tokens\":1}", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"n\":2", "\"logprobs\":0", "\"something_new\":1"})
    void whatGoesByTheWholeAnswerIsAnsweredByOne(String member) {
        router = pool().start();
        String body = "{\"model\":\"demo\",\"prompt\":\"abc\"," + member + "}";

        ask(body);

        assertThat(prefill.requests()).isEmpty();
        assertThat(bodies(decode)).containsExactly(body);
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_fallback_total{reason=\"not_splittable\"}"))
                .isEqualTo("1.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"abc\"]", "[[64],[65]]"})
    void aBatchIsAnsweredByOne(String prompt) {
        router = pool().start();

        ask("{\"model\":\"demo\",\"prompt\":" + prompt + "}");

        assertThat(prefill.requests()).isEmpty();
    }

    @Test
    void aChatIsAnsweredByOne() {
        router = pool().start();
        String chat = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

        assertThat(RawClient.exchange(router.port(), Requests.post(chat)).status())
                .isEqualTo(200);

        assertThat(prefill.requests()).isEmpty();
        assertThat(bodies(decode)).containsExactly(chat);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"tokens\":[1,-2]}", "{\"tokens\":[1,"})
    void whereTokensMakeNoSenseDecodeDoesAll(String tokens) {
        prefill.answerWith(saying(json(200, tokens), first(" F", "length", "{\"first_tok\":70}")));
        assertDecodeDoesAll();
        assertThat(prefill.requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 400, 503})
    void whereTokensAreRefusedDecodeDoesAll(int status) {
        prefill.answerWith(saying(json(status, "{}"), first(" F", "length", "{\"first_tok\":70}")));
        assertDecodeDoesAll();
    }

    @Test
    void tokensThatDoNotComeInTimeAreNotWaitedFor() {
        prefill.answerWith(RawModelServer.Connection::awaitClose);
        router = pool().split("prefill-timeout", "50ms").start();

        assertThat(ask(BODY).status()).isEqualTo(200);

        assertThat(bodies(decode)).containsExactly(BODY);
        await().until(() -> prefill.closedByRouter() == 1);
    }

    @Test
    void tokensWithoutAnEndAreNotRead() {
        prefill.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"tokens\":[");
            for (int i = 0; i < 100_000; i++) {
                connection.send("1,1,1,1,1,1,1,1,");
            }
            return connection.awaitClose();
        });
        assertDecodeDoesAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{\"first_tok\":4294967296}"})
    void whereTheFirstTokenIsNoneAnotherDecodeEndpointDoesAll(String params) {
        prefill.answerWith(saying(TOKENS, first(" F", "length", params)));
        assertAnotherDecodeEndpointDoesAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {"not json", "{\"kv_transfer_params\":{\"first_tok\":70}}"})
    void whereThePrefillAnswerMakesNoSenseAnotherDecodeEndpointDoesAll(String body) {
        prefill.answerWith(saying(TOKENS, json(200, body)));
        assertAnotherDecodeEndpointDoesAll();
    }

    @Test
    void withoutAnotherDecodeEndpointThatIsTheEnd() {
        prefill.answerWith(saying(TOKENS, json(500, "{}")));
        router = pool().start();

        assertThat(ask(BODY).status()).isEqualTo(502);

        assertThat(decode.requests()).isEmpty();
    }

    /** The one that blocks were meant for may know of some that were never written. */
    private void assertAnotherDecodeEndpointDoesAll() {
        RawModelServer second = RawModelServer.answering(json(200, ANSWER.formatted("oo bar", 3, 6, "null", "")));
        router = pool().decode(second).start();
        for (int i = 0; i < 6; i++) {
            assertThat(ask(BODY).text()).isEqualTo(ANSWER.formatted("oo bar", 3, 6, "null", ""));
        }

        assertThat(bodies(decode)).allMatch(BODY::equals);
        assertThat(bodies(second)).allMatch(BODY::equals);
        List<String> meantFor = bodies(prefill).stream()
                .filter(body -> body.contains("receiver_host"))
                .toList();
        assertThat(meantFor).hasSize(6);
        assertThat(bodies(decode).size() + bodies(second).size()).isEqualTo(6);
    }

    private void assertDecodeDoesAll() {
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(ANSWER.formatted("oo bar", 3, 6, "null", ""));
        assertThat(bodies(decode)).containsExactly(BODY);
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_fallback_total{reason=\"prefill_exhausted\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void anotherPrefillEndpointIsAskedForThePromptOnly() {
        RawModelServer failing = new RawModelServer(saying(TOKENS, json(503, "{}")));
        router = pool().prefill(failing).start();

        for (int i = 0; i < 10; i++) {
            assertThat(ask(BODY).text()).contains("\"text\":\" Foo bar\"");
        }

        assertThat(failing.requests()).isNotEmpty();
        long asked = prefill.requests().stream()
                .filter(request -> request.startsWith("POST /tokenize"))
                .count();
        assertThat(asked + failing.requests().size() / 2)
                .as("questions for tokens")
                .isEqualTo(10);
    }

    @Test
    void aFailureMayBeTheEndOfTheRequest() {
        prefill.answerWith(saying(json(503, "{}"), ""));
        router = pool().split("when-prefill-failed", "fail").start();

        HttpAnswer answer = ask(BODY);

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("it answered 503 to /tokenize");
        assertThat(decode.requests()).isEmpty();
    }

    @Test
    void whatThePrefillEndpointRefusesIsAnsweredAsItIs() {
        prefill.answerWith(saying(TOKENS, json(400, "{\"message\":\"too long\"}")));
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"message\":\"too long\"}");
    }

    @Test
    void anotherDecodeEndpointGoesOnBehindTheSameToken() {
        RawModelServer refusing = RawModelServer.answering(json(503, "{}"));
        router = pool().decode(refusing).start();

        for (int i = 0; i < 12; i++) {
            assertThat(ask(BODY).text()).isEqualTo(ANSWER.formatted(" Foo bar", 2, 7, "{\"cached_tokens\":1}", ""));
        }

        assertThat(refusing.requests()).isNotEmpty();
        await().untilAsserted(() -> assertThat(bodies(refusing))
                .as("what was pushed to it is to be used up")
                .anyMatch(body -> body.contains("[64,65,70],\"max_tokens\":1,")));
        assertThat(bodies(decode)).hasSize(12).allMatch(body -> body.contains("[64,65,70],\"max_tokens\":19"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"choices\":[]}", "no json"})
    void anAnswerThatTheTokenCannotBePutIntoIsNone(String body) {
        decode.answerWith(connection -> {
            connection.send(json(200, body));
            return true;
        });
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).doesNotContain("\"choices\"");
    }

    @Test
    void anAnswerOfAnotherKindIsNone() {
        decode.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
            return connection.awaitClose();
        });
        router = pool().start();

        assertThat(ask(BODY).status()).isEqualTo(502);
        await().until(() -> decode.closedByRouter() == 1);
    }

    @Test
    void whatDecodeRefusesIsAnsweredAsItIs() {
        decode.answerWith(connection -> {
            connection.send(json(400, "{\"message\":\"no\"}"));
            return true;
        });
        router = pool().start();

        HttpAnswer answer = ask(BODY);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"message\":\"no\"}");
    }

    @Test
    void aStreamWithoutATextEndsInAnError() {
        decode.answerWith(connection -> {
            connection.send(stream("data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"));
            return true;
        });
        router = pool().start();

        HttpAnswer answer = ask(BODY.replace("}", ",\"stream\":true}"));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("\"error\"").doesNotContain("[DONE]");
    }

    @Test
    void aStreamThatIsCutEndsInAnError() {
        decode.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                    + event("oo", "null", "") + "data: {\"id\"");
            return false;
        });
        router = pool().start();

        HttpAnswer answer = ask(BODY.replace("}", ",\"stream\":true}"));

        assertThat(answer.text())
                .startsWith(event(" F", "null", "") + event("oo", "null", ""))
                .contains("\"error\"")
                .doesNotContain("[DONE]", "data: {\"id\"\n");
    }

    @Test
    void aClientThatLeavesWhileTokensAreAskedForEndsThat() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            asked.countDown();
            return connection.awaitClose();
        });
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.postTo(PATH, BODY));
            asked.await();
        }

        await().until(() -> prefill.closedByRouter() == 1);
        router.awaitQuiet();
        assertThat(decode.requests()).isEmpty();
    }

    @Test
    void aClientThatLeavesBetweenTheLegsHasItsBlocksUsedUp() throws InterruptedException {
        router = pool().property(
                        "bactrian.routes.dir", WaitingRoom.betweenLegs().toString())
                .start();

        WaitingRoom.Waiting waiting;
        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.postTo(PATH, BODY));
            waiting = WaitingRoom.next();
        }

        await().until(() -> decode.requests().size() == 1);
        assertThat(bodyOf(decode.requests().get(0)))
                .isEqualTo("{\"model\":\"demo\",\"prompt\":[64,65,70],\"max_tokens\":1,\"stream\":false}");
        assertThat(router.meter("bactrian_pd_stranded_kv_total{action=\"drained\"}"))
                .isEqualTo("1.0");
        waiting.goOn();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Says by {@code sender}, as LMCache's do, that the blocks of the last prefill have arrived. */
    private void notice(Socket sender) throws IOException {
        Matcher id = Pattern.compile("\"req_id\":\"([^\"]+)\"")
                .matcher(bodies(prefill).get(1));
        assertThat(id.find()).isTrue();
        String name = id.group(1);
        String notice = "\u0082\u00a4type\u00aaProxyNotif\u00a6req_id\u00d9" + (char) name.length() + name;
        String said = "\u00ff\0\0\0\0\0\0\0\1\u007f\3\1NULL" + "\0".repeat(48)
                + "\4\u001a\5READY\13Socket-Type\0\0\0\4PUSH\0" + (char) notice.length() + notice;
        sender.getOutputStream().write(said.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void decodeIsAskedOnceTheBlocksHaveArrived() throws IOException {
        int port = freePort();
        router = pool().split("lmcache.notify-port", String.valueOf(port)).start();

        try (RawClient client = RawClient.connect(router.port());
                Socket sender = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.send(Requests.postTo(PATH, BODY));
            await().until(() -> router.meter("bactrian_pd_prefill_duration_seconds_count{connector=\"lmcache\"}")
                    .equals("1"));
            assertThat(decode.requests()).isEmpty();
            notice(sender);

            assertThat(client.read().text()).contains("\"text\":\" Foo bar\"");
        }
    }

    @Test
    void blocksThatDoNotArriveAreAFailedPrefill() throws IOException {
        router = pool().split("lmcache.notify-port", String.valueOf(freePort()))
                .split("prefill-timeout", "300ms")
                .start();

        assertThat(ask(BODY).status()).isEqualTo(504);

        assertThat(decode.requests()).isEmpty(); // it would answer from memory that may not have been written
    }

    /** To use them up before would free memory that is being written. */
    @Test
    void blocksOfAClientThatLeavesBeforeTheyArriveAreUsedUpAfterwards() throws IOException {
        int port = freePort();
        router = pool().split("lmcache.notify-port", String.valueOf(port)).start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.postTo(PATH, BODY));
            await().until(() -> router.meter("bactrian_pd_prefill_duration_seconds_count{connector=\"lmcache\"}")
                    .equals("1"));
        }
        router.awaitQuiet();
        assertThat(decode.requests()).isEmpty();
        try (Socket sender = new Socket(InetAddress.getLoopbackAddress(), port)) {
            notice(sender);
            await().until(() -> decode.requests().size() == 1);
        }

        assertThat(bodies(decode))
                .containsExactly("{\"model\":\"demo\",\"prompt\":[64,65,70],\"max_tokens\":1,\"stream\":false}");
        assertThat(router.meter("bactrian_pd_stranded_kv_total{action=\"drained\"}"))
                .isEqualTo("1.0");
    }

    /** The client leaves while another decode endpoint is at work than the one that has the blocks. */
    @Test
    void blocksAreUsedUpThoughAnotherDecodeEndpointIsWaitedFor() {
        RawModelServer refusing = RawModelServer.answering(json(503, "{}"));
        decode.answerWith(RawModelServer.Connection::awaitClose);
        router = pool().decode(refusing).split("drain-timeout", "500ms").start();

        do {
            try (RawClient client = RawClient.connect(router.port())) {
                int asked = decode.requests().size();
                client.send(Requests.postTo(PATH, BODY));
                await().until(() -> decode.requests().size() > asked);
            }
            router.awaitQuiet();
        } while (refusing.requests().isEmpty());

        await().untilAsserted(() -> assertThat(bodies(refusing)).anyMatch(body -> body.contains("\"max_tokens\":1,")));
    }

    @Test
    void theClientHearsOfTheModelThatItNamed() throws IOException {
        Path rules = Files.writeString(dir.resolve("rewrites.yaml"), """
                apiVersion: inference.networking.x-k8s.io/v1alpha2
                kind: InferenceModelRewrite
                metadata: {name: lasting}
                spec:
                  poolRef: {name: demo}
                  rules:
                  - {matches: [{model: {type: Exact, value: asked}}], targets: [{modelRewrite: demo}]}
                """);
        decode.answerWith(connection -> {
            connection.send(stream(event("oo", "\"stop\"", ""), "data: [DONE]\n\n"));
            return true;
        });
        router = pool().property("bactrian.model-rewrites.file", rules.toString())
                .start();

        HttpAnswer answer = ask(BODY.replace("demo", "asked").replace("}", ",\"stream\":true}"));

        assertThat(answer.text().split("\"model\":\"asked\"", -1)).hasSize(3);
        assertThat(answer.text()).doesNotContain("\"demo\"");
        assertThat(bodies(prefill)).hasSize(2).allMatch(body -> body.startsWith("{\"model\":\"demo\","));
        assertThat(bodies(decode)).allMatch(body -> body.contains("\"model\":\"demo\","));
    }

    @Test
    void aLongPromptIsSplitAsWell() {
        String prompt = "abc ".repeat(100_000); // is read on a worker
        router = pool().start();

        HttpAnswer answer = ask("{\"model\":\"demo\",\"prompt\":\"" + prompt + "\"}");

        assertThat(answer.text()).contains("\"text\":\" Foo bar\"");
        assertThat(bodies(prefill).get(0)).endsWith(prompt + "\"}");
        assertThat(bodies(decode)).containsExactly("{\"model\":\"demo\",\"prompt\":[64,65,70],\"max_tokens\":15}");
    }
}
