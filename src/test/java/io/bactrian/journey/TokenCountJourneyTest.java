package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.scheduling.explain.DecisionRecord;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Prompts that a server counts beside the endpoints; the decision tells who has counted. */
class TokenCountJourneyTest {
    private static final RawModelServer RENDERER = new RawModelServer(connection -> false);
    private static final RawModelServer SERVER = new RawModelServer(connection -> answer(connection, "{}"));

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", SERVER)
            .property(
                    "bactrian.pools.m.scheduling-file",
                    AtomicFile.create("""
                    apiVersion: llm-d.ai/v1alpha1
                    kind: EndpointPickerConfig
                    plugins:
                    - type: token-producer
                      parameters: {modelName: rendered, vllm: {url: "http://127.0.0.1:%d", timeout: 300ms, mmTimeout: 300ms}}
                    - type: queue-scorer
                    """.formatted(RENDERER.port())).toString())
            .raw("t", new RawModelServer(connection -> answer(connection, "{}")))
            .property(
                    "bactrian.pools.t.scheduling-file",
                    AtomicFile.create("""
                    apiVersion: llm-d.ai/v1alpha1
                    kind: EndpointPickerConfig
                    plugins:
                    - type: token-producer
                      parameters: {tokenize: {url: "http://127.0.0.1:%d", timeout: 2s, maxInFlight: 1}}
                    - type: queue-scorer
                    """.formatted(RENDERER.port())).toString())
            .build();

    private static boolean answer(RawModelServer.Connection connection, String body) throws IOException {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body);
        return true;
    }

    @BeforeEach
    void forget() {
        RENDERER.clear();
    }

    @Test
    void countsAChatAsItIsRendered() {
        RENDERER.answerWith(
                connection -> answer(connection, "{\"request_id\":\"r\",\"token_ids\":[1,2,3,4,5,6,7],\"x\":[1]}"));

        DecisionRecord record = ask("chat", "/v1/chat/completions", Requests.chat("m", 3, false));

        assertThat(record.promptTokens()).isEqualTo(7);
        assertThat(record.tokensFrom()).isEqualTo("vllm");
        assertThat(RENDERER.requests()).hasSize(1);
        assertThat(RENDERER.requests().get(0))
                .startsWith("POST /v1/chat/completions/render HTTP/1.1")
                .contains("\"model\":\"rendered\"")
                .contains("Say it again");
    }

    @Test
    void addsUpABatchAndRemembersIt() {
        RENDERER.answerWith(connection -> answer(connection, "[{\"token_ids\":[1,2]},{\"token_ids\":[3]}]"));
        String body = "{\"model\":\"m\",\"prompt\":[\"first\",\"second\"]}";

        assertThat(ask("batch", "/v1/completions", body).promptTokens()).isEqualTo(3);
        assertThat(ask("again", "/v1/completions", body).promptTokens()).isEqualTo(3);
        assertThat(RENDERER.requests()).hasSize(1);
        assertThat(RENDERER.requests().get(0)).startsWith("POST /v1/completions/render HTTP/1.1");
    }

    @Test
    void estimatesWhatIsNotRendered() {
        DecisionRecord record = ask("embedding", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"12345678\"}");

        assertThat(record.promptTokens()).isEqualTo(2);
        assertThat(record.tokensFrom()).isEqualTo("estimate: vllm does not count this API");
        assertThat(RENDERER.requests()).isEmpty();
    }

    @Test
    void estimatesAndSaysSoWhereTheServerIsLateOrFails() {
        String late = "{\"model\":\"m\",\"prompt\":\"late\"}";
        RENDERER.answerWith(RawModelServer.Connection::awaitClose);
        DecisionRecord first = ask("late", "/v1/completions", late);
        RENDERER.answerWith(connection -> answer(connection, "{\"nothing\":1}"));
        DecisionRecord second = ask("failed", "/v1/completions", late);

        assertThat(first.promptTokens()).isEqualTo(1);
        assertThat(first.tokensFrom()).isEqualTo("estimate: vllm did not answer in time");
        assertThat(second.tokensFrom()).isEqualTo("estimate: vllm failed");
    }

    @Test
    void rendersAnthropicsMessagesAsTheChatTheyAre() {
        RENDERER.answerWith(connection -> answer(connection, "{\"token_ids\":[1,2,3]}"));
        String messages =
                "{\"model\":\"m\",\"max_tokens\":1,\"system\":\"Be kind.\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

        assertThat(ask("messages", "/v1/messages", messages).promptTokens()).isEqualTo(3);
        assertThat(RENDERER.requests().get(0))
                .startsWith("POST /v1/chat/completions/render HTTP/1.1")
                .contains(
                        "\"messages\":[{\"role\":\"system\",\"content\":\"Be kind.\"},{\"role\":\"user\",\"content\":\"Hi\"}]");
    }

    @Test
    void asksForTheTokensOfAChatOrAText() {
        RENDERER.answerWith(connection -> answer(connection, "{\"count\":4,\"max_model_len\":9,\"tokens\":[1,2,3,4]}"));

        DecisionRecord chat = ask("tokenize-chat", "/v1/chat/completions", Requests.chat("t", 3, false));
        DecisionRecord text = ask("tokenize-text", "/v1/completions", "{\"model\":\"t\",\"prompt\":\"a text\"}");
        DecisionRecord several =
                ask("tokenize-several", "/v1/completions", "{\"model\":\"t\",\"prompt\":[\"a\",\"b\"]}");

        assertThat(chat.promptTokens()).isEqualTo(4);
        assertThat(chat.tokensFrom()).isEqualTo("tokenize");
        assertThat(text.promptTokens()).isEqualTo(4);
        assertThat(several.tokensFrom()).isEqualTo("estimate: tokenize takes one prompt of text");
        assertThat(RENDERER.requests()).hasSize(2);
        assertThat(RENDERER.requests().get(0))
                .startsWith("POST /tokenize HTTP/1.1")
                .contains("\"messages\":[", "Say it again");
        assertThat(RENDERER.requests().get(1))
                .startsWith("POST /tokenize HTTP/1.1")
                .endsWith("{\"prompt\":\"a text\"}");
    }

    @Test
    void estimatesAndSaysSoWhereTheServerHasEnoughToDo() {
        RENDERER.answerWith(RawModelServer.Connection::awaitClose);
        String body = "{\"model\":\"t\",\"prompt\":\"slow\"}";
        CompletableFuture<DecisionRecord> first =
                CompletableFuture.supplyAsync(() -> ask("in-flight", "/v1/completions", body));
        await().until(() -> RENDERER.requests().size() == 1);

        assertThat(ask("one-more", "/v1/completions", body).tokensFrom()).isEqualTo("estimate: tokenize is busy");
        assertThat(first.join().tokensFrom()).isEqualTo("estimate: tokenize did not answer in time");
        RENDERER.answerWith(connection -> answer(connection, "{\"count\":4}"));
        AtomicInteger asked = new AtomicInteger(); // the place is free when the connection has been given up
        await().until(() -> ask("afterwards-" + asked.incrementAndGet(), "/v1/completions", body)
                .tokensFrom()
                .equals("tokenize"));
    }

    private static DecisionRecord ask(String id, String path, String body) {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.postTo(path, body, "x-request-id: " + id));
        assertThat(answer.status()).isEqualTo(200);
        List<DecisionRecord> found = ROUTER.router().application().decisions().find(id);
        assertThat(found).hasSize(1);
        return found.get(0);
    }
}
