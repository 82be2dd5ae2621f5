package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CompletionsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TEXT = "/v1/completions";

    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void answersAChatWhole() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.fixedIdentity("r1", 1));

        HttpResponse<String> response =
                fixture.post(server, CHAT, ServerFixture.chat("Hi there", ",\"max_tokens\":5,\"ignore_eos\":true"));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-bactrian-simulated")).contains("true");
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.body())
                .startsWith("{\"id\":\"chatcmpl-r1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"demo\"")
                .endsWith("\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}}");
        JsonNode choice = ServerFixture.json(response).path("choices").path(0);
        assertThat(choice.path("message").path("role").asText()).isEqualTo("assistant");
        assertThat(choice.path("message").path("content").asText()).isNotBlank();
        assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
    }

    @Test
    void streamsRoleTokensFinishUsageAndDone() throws Exception {
        SimulatedModelServer server = fixture.start();

        HttpResponse<String> response = fixture.post(
                server,
                CHAT,
                ServerFixture.chat(
                        "Hi there",
                        ",\"max_tokens\":3,\"ignore_eos\":true,\"stream\":true,"
                                + "\"stream_options\":{\"include_usage\":true}"));

        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
        List<String> events = events(response);
        assertThat(events).hasSize(7);
        assertThat(delta(events.get(0)).path("role").asText()).isEqualTo("assistant");
        assertThat(delta(events.get(0)).path("content").asText()).isEmpty();
        for (int i = 1; i <= 3; i++) {
            assertThat(delta(events.get(i)).path("content").asText()).isNotEmpty();
        }
        JsonNode finish = ServerFixture.JSON.readTree(events.get(4));
        assertThat(finish.path("choices").path(0).path("finish_reason").asText())
                .isEqualTo("length");
        JsonNode usage = ServerFixture.JSON.readTree(events.get(5));
        assertThat(usage.path("choices")).isEmpty();
        assertThat(usage.path("usage").path("completion_tokens").asInt()).isEqualTo(3);
        assertThat(events.get(6)).isEqualTo("[DONE]");
    }

    @Test
    void streamsNoUsageUnlessAsked() throws Exception {
        SimulatedModelServer server = fixture.start();

        HttpResponse<String> response = fixture.post(server, CHAT, ServerFixture.chat("Hi", ",\"stream\":true"));

        assertThat(response.body()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
    }

    @Test
    void saysTheSameStreamedAndWhole() throws Exception {
        SimulatedModelServer server = fixture.start();
        String whole = text(fixture.post(server, TEXT, completion(",\"temperature\":0")));

        HttpResponse<String> streamed = fixture.post(server, TEXT, completion(",\"temperature\":0,\"stream\":true"));

        StringBuilder pieces = new StringBuilder();
        for (String event : events(streamed)) {
            if (!event.equals("[DONE]")) {
                pieces.append(ServerFixture.JSON
                        .readTree(event)
                        .path("choices")
                        .path(0)
                        .path("text")
                        .asText());
            }
        }
        assertThat(pieces).hasToString(whole);
    }

    @Test
    void saysTheSameOnEveryServerOfAModelAtTemperatureZero() throws Exception {
        SimulatedModelServer one = fixture.start(options -> options.seed(1));
        SimulatedModelServer other = fixture.start(options -> options.seed(2));
        SimulatedModelServer stranger = fixture.start(options -> options.models("other", "demo"));

        String answer = text(fixture.post(one, TEXT, completion(",\"temperature\":0")));

        assertThat(text(fixture.post(other, TEXT, completion(",\"temperature\":0"))))
                .isEqualTo(answer);
        assertThat(text(fixture.post(stranger, TEXT, completion(",\"temperature\":0"))))
                .isNotEqualTo(answer);
        assertThat(text(fixture.post(one, TEXT, completion("")))).isNotEqualTo(answer);
    }

    @Test
    void answersToTheByteAlikeWithAFixedIdentity() throws Exception {
        SimulatedModelServer one = fixture.start(options -> options.fixedIdentity("id", 7));
        SimulatedModelServer other = fixture.start(options -> options.fixedIdentity("id", 7));
        String body = ServerFixture.chat("Hi", ",\"stream\":true");

        for (int i = 0; i < 3; i++) {
            assertThat(fixture.post(one, CHAT, body).body())
                    .isEqualTo(fixture.post(other, CHAT, body).body());
        }
    }

    @Test
    void namesTheAnswerAfterTheRequest() throws Exception {
        SimulatedModelServer quiet = fixture.start();
        SimulatedModelServer echoing =
                fixture.start(options -> options.echoRequestId(true).name("pod-1"));

        HttpResponse<String> answer = fixture.post(quiet, TEXT, completion(""), "X-Request-Id", "a\"b");
        assertThat(ServerFixture.json(answer).path("id").asText()).isEqualTo("cmpl-a\"b");
        assertThat(answer.headers().firstValue("x-request-id")).isEmpty();

        HttpResponse<String> echoed = fixture.post(echoing, TEXT, completion(""), "X-Request-Id", "r7");
        assertThat(echoed.headers().firstValue("x-request-id")).contains("r7");
        assertThat(echoed.headers().firstValue("x-inference-pod")).contains("pod-1");
        assertThat(echoed.headers().firstValue("x-inference-port")).contains(String.valueOf(echoing.port()));
    }

    @Test
    void countsCachedTokensOfARepeatedPrompt() throws Exception {
        SimulatedModelServer server = fixture.start();
        String body = "{\"prompt\":" + tokenIds(100) + ",\"max_tokens\":1}";
        fixture.post(server, TEXT, body);

        JsonNode usage = ServerFixture.json(fixture.post(server, TEXT, body)).path("usage");

        assertThat(usage.path("prompt_tokens").asInt()).isEqualTo(100);
        assertThat(usage.path("prompt_tokens_details").path("cached_tokens").asInt())
                .isEqualTo(96);
        String salted = body.replace("}", ",\"cache_salt\":\"s\"}");
        assertThat(fixture.post(server, TEXT, salted).body()).doesNotContain("cached_tokens");
    }

    @Test
    void givesEachPromptItsChoices() throws Exception {
        SimulatedModelServer server = fixture.start();

        JsonNode answer = ServerFixture.json(fixture.post(
                server, TEXT, "{\"prompt\":[\"one\",\"two\"],\"n\":2,\"max_tokens\":4,\"ignore_eos\":true}"));

        assertThat(answer.path("choices").findValuesAsText("index")).containsExactly("0", "1", "2", "3");
        assertThat(answer.path("usage").path("prompt_tokens").asInt()).isEqualTo(2);
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(16);

        HttpResponse<String> streamed =
                fixture.post(server, CHAT, ServerFixture.chat("Hi", ",\"n\":2,\"stream\":true"));
        List<String> events = events(streamed);
        assertThat(events.stream().filter(event -> event.contains("\"role\""))).hasSize(2);
        assertThat(events.stream().filter(event -> !event.contains("\"finish_reason\":null")))
                .hasSize(3);
    }

    @Test
    void endsAtAStopString() throws Exception {
        SimulatedModelServer server = fixture.start();
        String whole =
                text(fixture.post(server, TEXT, completion(",\"temperature\":0,\"max_tokens\":60,\"min_tokens\":60")));
        String stop = whole.substring(40, 45);
        String more = ",\"temperature\":0,\"max_tokens\":60,\"min_tokens\":60,\"stop\":\"" + stop + "\"";

        HttpResponse<String> response = fixture.post(server, TEXT, completion(more));

        assertThat(text(response)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(response.body()).contains("\"finish_reason\":\"stop\"");
        assertThat(fixture.post(server, TEXT, completion(more + ",\"stream\":true"))
                        .body())
                .contains("\"finish_reason\":\"stop\"");
    }

    @Test
    void readsContentPartsAndTheSeed() throws Exception {
        SimulatedModelServer server = fixture.start();
        String parts =
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi there\"}]}],\"seed\":5}";
        String plain = ServerFixture.chat("Hi there", ",\"seed\":5");

        HttpResponse<String> first = fixture.post(server, CHAT, parts);

        assertThat(content(first)).isEqualTo(content(fixture.post(server, CHAT, plain)));
        assertThat(content(first)).isNotEqualTo(content(fixture.post(server, CHAT, plain.replace(":5", ":6"))));
    }

    @Test
    void refusesWhatVllmRefuses() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.maxModelTokens(100));

        assertRefused(server, CHAT, "{", 400, "body: not JSON at line 1, column 2");
        assertRefused(server, CHAT, "[1]", 400, "body: not an object");
        assertRefused(server, CHAT, "{\"messages\":[{\"role\":\"user\"}]} x", 400, "body: not JSON");
        assertRefused(server, CHAT, "{\"messages\":[]}", 400, "messages: none");
        assertRefused(server, CHAT, "{\"model\":\"demo\"}", 400, "messages: none");
        assertRefused(server, TEXT, "{\"prompt\":[]}", 400, "prompt: none");
        assertRefused(server, TEXT, "{\"prompt\":\"\"}", 400, "prompt: 0 tokens");
        assertRefused(server, TEXT, "{\"prompt\":[1,-2]}", 400, "prompt: -2");
        assertRefused(
                server, TEXT, completion(",\"max_tokens\":0"), 400, "max_tokens: 0 (expected: a whole number >= 1)");
        assertRefused(server, TEXT, completion(",\"max_tokens\":1.5"), 400, "max_tokens: 1.5");
        assertRefused(server, TEXT, completion(",\"stream\":\"true\""), 400, "stream: not a boolean");
        assertRefused(server, TEXT, completion(",\"ignore_eos\":true"), 400, "ignore_eos");
        assertRefused(server, TEXT, completion(",\"min_tokens\":2,\"max_tokens\":1"), 400, "min_tokens: 2");
        assertRefused(server, TEXT, completion(",\"n\":0"), 400, "n: 0");
        assertRefused(server, TEXT, completion(",\"temperature\":-1"), 400, "temperature: -1");
        assertRefused(server, TEXT, completion(",\"max_tokens\":100"), 400, "context length of 100");
        assertRefused(server, TEXT, "{\"prompt\":\"x\",\"model\":\"no\"}", 404, "The model `no` does not exist.");
        assertThat(server.snapshot().startedRequests()).isZero();
        assertThat(server.snapshot().failedRequests()).isEqualTo(17);
    }

    @Test
    void refusesAPromptThatNeverFitsIntoTheCache() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.kvBlocks(2));

        assertRefused(server, TEXT, "{\"prompt\":" + tokenIds(33) + "}", 400, "3 KV blocks (expected: at most 2)");
        assertThat(fixture.post(server, TEXT, "{\"prompt\":" + tokenIds(32) + "}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void returnsTheErrorItIsAskedFor() throws Exception {
        SimulatedModelServer server = fixture.start();

        HttpResponse<String> teapot = fixture.post(server, TEXT, completion(""), "X-Return-Error", "418");
        assertThat(teapot.statusCode()).isEqualTo(418);
        assertThat(ServerFixture.json(teapot).path("error").path("type").asText())
                .isEqualTo("APIConnectionError");
        assertThat(ServerFixture.json(teapot).path("error").path("code").asInt())
                .isEqualTo(418);

        HttpResponse<String> wrong = fixture.post(server, TEXT, completion(""), "X-Return-Error", "abc");
        assertThat(wrong.statusCode()).isEqualTo(400);
    }

    @Test
    void failsAsOftenAndInAsManyWaysAsTold() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.failures(
                new FailureInjection(100, List.of(FailureType.RATE_LIMIT, FailureType.CONTEXT_LENGTH))));
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            statuses.add(fixture.post(server, TEXT, completion("")).statusCode());
        }

        assertThat(statuses).contains(429, 400).containsOnly(429, 400);
    }

    private static void assertRefusal(HttpResponse<String> response, int status, String message) throws Exception {
        JsonNode error = ServerFixture.json(response).path("error");
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("x-bactrian-simulated")).contains("true");
        assertThat(error.path("message").asText()).contains(message);
        assertThat(error.path("type").asText()).isEqualTo(status == 404 ? "NotFoundError" : "BadRequestError");
        assertThat(error.path("code").asInt()).isEqualTo(status);
    }

    private void assertRefused(SimulatedModelServer server, String path, String body, int status, String message)
            throws Exception {
        assertRefusal(fixture.post(server, path, body), status, message);
    }

    private static String completion(String more) {
        return "{\"model\":\"demo\",\"prompt\":\"Tell me a story\"" + more + "}";
    }

    private static String tokenIds(int count) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(i);
        }
        return ids.toString();
    }

    private static String text(HttpResponse<String> response) throws Exception {
        return ServerFixture.json(response).path("choices").path(0).path("text").asText();
    }

    private static String content(HttpResponse<String> response) throws Exception {
        return ServerFixture.json(response)
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asText();
    }

    private static List<String> events(HttpResponse<String> response) {
        List<String> events = new ArrayList<>();
        for (String event : response.body().split("\n\n", -1)) {
            if (!event.isEmpty()) {
                assertThat(event).startsWith("data: ");
                events.add(event.substring("data: ".length()));
            }
        }
        return events;
    }

    private static JsonNode delta(String event) throws Exception {
        return ServerFixture.JSON.readTree(event).path("choices").path(0).path("delta");
    }
}
