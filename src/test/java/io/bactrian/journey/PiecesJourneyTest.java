package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Chats whose answers a sidecar has generated in pieces of four tokens. */
@Timeout(60)
class PiecesJourneyTest {
    private static final String SKIPPED =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

    private final Queue<String> answers = new ArrayDeque<>();
    private final RawModelServer engine = new RawModelServer(connection -> {
        String next = answers.poll();
        connection.send(next == null ? SKIPPED : next);
        return true;
    });
    private RouterFixture sidecar = RouterFixture.builder().build();

    @AfterEach
    void close() {
        sidecar.closeWhenQuiet();
    }

    private SidecarUnderTest inPieces() {
        return new SidecarUnderTest(engine).property("bactrian.sidecar.decode-chunk-size", "4");
    }

    private void start() {
        sidecar = inPieces().start();
    }

    private static String chat(String more) {
        return "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Count\"}]" + more + "}";
    }

    private static String piece(String text, int tokens, String reason) {
        return json(
                200,
                "{\"id\":\"c\",\"created\":1,\"model\":\"demo\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                        + "\"content\":\"" + text + "\"},\"finish_reason\":\"" + reason
                        + "\"}],\"usage\":{\"prompt_tokens\":10,"
                        + "\"completion_tokens\":" + tokens + ",\"total_tokens\":99}}");
    }

    private List<String> bodies() {
        return engine.requests().stream().map(request -> bodyOf(request)).toList();
    }

    @Test
    void piecesMakeOneAnswer() {
        answers.addAll(List.of(piece("one two ", 4, "length"), piece("three ", 4, "length"), piece("four", 1, "stop")));
        start();

        HttpAnswer answer = sidecar.ask(chat(",\"max_tokens\":20"));

        assertThat(answer.text())
                .contains("\"content\":\"one two three four\"", "\"finish_reason\":\"stop\"")
                .contains("\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":9,\"total_tokens\":19}");
        assertThat(answer.complete()).isTrue();
        assertThat(bodies().get(0)).isEqualTo(chat(",\"max_tokens\":4,\"max_completion_tokens\":4,\"stream\":false"));
        assertThat(bodies().get(2))
                .contains(
                        "{\"role\":\"user\",\"content\":\"Count\"},{\"role\":\"assistant\",\"content\":\"one two three \"}]")
                .contains("\"continue_final_message\":true,\"add_generation_prompt\":false");
        sidecar.awaitQuiet();
        assertThat(RouterFixture.usage(sidecar.awaitRecords(1).get(0)).completionTokens())
                .isEqualTo(9);
    }

    @Test
    void theLastPieceIsNoLongerThanTheRestOfTheBudget() {
        answers.addAll(List.of(piece("a", 4, "length"), piece("b", 2, "length")));
        start();

        HttpAnswer answer = sidecar.ask(chat(",\"max_completion_tokens\":6,\"max_tokens\":100"));

        assertThat(answer.text()).contains("\"content\":\"ab\"", "\"finish_reason\":\"length\"");
        assertThat(bodies()).hasSize(2);
        assertThat(bodies().get(1)).contains("\"max_tokens\":2,\"max_completion_tokens\":2");
    }

    @Test
    void aStreamHasAnEventForEachPiece() {
        answers.addAll(List.of(piece("one ", 4, "length"), piece("two", 2, "stop")));
        start();

        HttpAnswer answer = sidecar.ask(chat(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

        assertThat(answer.header("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        assertThat(answer.text().strip().split("\n\n", -1))
                .satisfiesExactly(
                        first -> assertThat(first).contains("\"role\":\"assistant\",\"content\":\"one \"", ":null}]"),
                        second -> assertThat(second).contains("{\"content\":\"two\"},\"finish_reason\":\"stop\""),
                        usage -> assertThat(usage)
                                .contains("\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":6"),
                        end -> assertThat(end).isEqualTo("data: [DONE]"));
    }

    @Test
    void usageIsNotStreamedToWhoHasNotAsked() {
        answers.addAll(List.of(piece("one ", 4, "length"), piece("two", 2, "stop")));
        start();

        HttpAnswer answer = sidecar.ask(chat(",\"stream\":true"));

        assertThat(answer.text()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
        assertThat(RouterFixture.usage(sidecar.awaitRecords(1).get(0)).completionTokens())
                .isEqualTo(6);
    }

    @Test
    void whatCannotBeInPiecesIsAskedForInOneGo() {
        start();
        String tools = chat(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");

        sidecar.ask(tools);
        sidecar.ask(chat(",\"max_tokens\":4"));
        RawClient.exchange(sidecar.port(), Requests.postTo("/v1/completions", "{\"model\":\"demo\",\"prompt\":\"a\"}"));

        assertThat(bodies()).containsExactly(tools, chat(",\"max_tokens\":4"), "{\"model\":\"demo\",\"prompt\":\"a\"}");
    }

    @Test
    void chatsOfAnotherApiAreNotInPieces() {
        start();

        RawClient.exchange(sidecar.port(), Requests.postTo("/v1/messages", chat(",\"max_tokens\":20")));

        assertThat(bodies()).containsExactly(chat(",\"max_tokens\":20"));
    }

    @Test
    void anAnswerToAPromptThatIsComputedElsewhereIsWhole() {
        RawModelServer prefill = answering(computed(0, PARAMS));
        sidecar = inPieces().allowing(prefill).start();

        sidecar.ask(chat(",\"max_tokens\":20"), "x-prefiller-host-port: 127.0.0.1:" + prefill.port());

        assertThat(bodies()).containsExactly(chat(",\"max_tokens\":20,\"kv_transfer_params\":" + PARAMS));
    }

    @Test
    void anAnswerToAPromptWhoseBlocksAreLoadedIsWhole() {
        sidecar = inPieces().allowing(4).split("kv-connector", "offloading").start();

        sidecar.ask(chat(",\"max_tokens\":20"), "x-kv-cache-source-host-port: 127.0.0.1:4");

        assertThat(bodies()).hasSize(1);
        assertThat(bodies().get(0)).contains("\"max_tokens\":20,", "\"remote_kv_source\":");
    }

    @Test
    void aModelThatReasonsIsAskedForWholeAnswersFromThenOn() {
        answers.add(piece("\",\"reasoning_content\":\"Let me see", 4, "length"));
        start();

        assertThat(sidecar.ask(chat("")).text()).isEqualTo("{}");
        sidecar.ask(chat(""));

        assertThat(bodies())
                .containsExactly(
                        chat(",\"max_tokens\":4,\"max_completion_tokens\":4,\"stream\":false"), chat(""), chat(""));
    }

    @Test
    void aTemplateThatContinuesNothingIsNoticed() {
        answers.addAll(List.of(piece("one ", 4, "length"), json(400, "{\"error\":{\"message\":\"template\"}}")));
        start();

        assertThat(sidecar.ask(chat("")).text()).isEqualTo("{}");

        assertThat(bodies().get(2)).isEqualTo(chat(""));
    }

    @Test
    void anErrorBeforeTheFirstByteIsTheEngines() {
        answers.add(json(429, "{\"error\":\"full\"}"));
        start();

        HttpAnswer answer = sidecar.ask(chat(",\"stream\":true"));

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.text()).isEqualTo("{\"error\":\"full\"}");
    }

    @Test
    void anErrorAfterTheFirstByteEndsTheStreamWithAnEvent() {
        answers.addAll(List.of(piece("one ", 4, "length"), json(500, "{}")));
        start();

        HttpAnswer answer = sidecar.ask(chat(",\"stream\":true"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .contains("\"content\":\"one \"", "\"error\":{", "\"code\":\"upstream_failed\"")
                .doesNotContain("[DONE]");
    }

    @Test
    void anEngineThatDiesBetweenPiecesIsABadGateway() {
        answers.add(piece("one ", 4, "length"));
        engine.answerWith(connection -> {
            String next = answers.poll();
            if (next == null) {
                connection.reset();
                return false;
            }
            connection.send(next);
            return true;
        });
        start();

        assertThat(sidecar.ask(chat("")).status()).isEqualTo(502);
    }

    @Test
    void aClientThatLeavesEndsThePieceAtHand() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        answers.add(piece("one ", 4, "length"));
        engine.answerWith(connection -> {
            String next = answers.poll();
            if (next == null) {
                asked.countDown();
                return connection.awaitClose();
            }
            connection.send(next);
            return true;
        });
        start();

        RawClient client = RawClient.connect(sidecar.port()).send(Requests.post(chat(",\"stream\":true")));
        asked.await();
        client.close();

        await().until(() -> engine.closedByRouter() == 1);
        assertThat(engine.requests()).hasSize(2);
    }
}
