package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.RawModelServer.sending;
import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for a model that another serves, whose prompts are computed elsewhere: both servers hear the one name, the client the other. */
@Timeout(60)
class RewrittenSplitJourneyTest {
    private static final Path RULES = AtomicFile.create("""
            apiVersion: llm-d.ai/v1alpha2
            kind: InferenceModelRewrite
            metadata: {name: lasting}
            spec:
              poolRef: {name: demo}
              rules:
              - {matches: [{model: {type: Exact, value: asked-model}}], targets: [{modelRewrite: demo}]}
            """);
    private static final String CHAT =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Is asked-model demo?\"}], \"model\" : \"asked-model\","
                    + "\"seed\":9007199254740993,\"temperature\":1.10}";
    private static final String ANSWER = "{\"id\":\"c\",\"model\":\"%s\",\"choices\":[{\"index\":0,\"message\":"
            + "{\"role\":\"assistant\",\"content\":\"It is \\\"model\\\":\\\"demo\\\".\"}}],\"usage\":{\"prompt_tokens\":41,"
            + "\"completion_tokens\":9,\"total_tokens\":50,\"prompt_tokens_details\":{\"cached_tokens\":%d}}}";

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer decode = answering(json(200, ANSWER.formatted("demo", 40)));
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
    }

    private SplitPool pool() {
        return new SplitPool(dir)
                .prefill(prefill)
                .decode(decode)
                .property("bactrian.model-rewrites.file", RULES.toString());
    }

    private static String served(String body) {
        return body.replaceFirst("(\"model\" ?: ?)\"asked-model\"", "$1\"demo\"");
    }

    @Test
    void bothLegsNameTheModelThatServesAndTheClientHearsOfItsOwn() {
        router = pool().start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.text()).isEqualTo(ANSWER.formatted("asked-model", 16));
        assertThat(answer.complete()).isTrue();
        String members = served(CHAT).replaceFirst("}$", "");
        assertThat(bodyOf(prefill.requests().get(0)))
                .startsWith(members + ",\"max_tokens\":1,")
                .contains("\"kv_transfer_params\":{\"do_remote_decode\":true");
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(members + ",\"kv_transfer_params\":" + PARAMS + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "shared-storage", "sglang", "offloading"})
    void everyWayOfHandingOverNamesItTwice(String connector) {
        router = pool().split("kv-connector", connector).start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"model\":\"asked-model\"").contains("\\\"model\\\":\\\"demo\\\"");
        router.awaitQuiet();
        for (RawModelServer server : new RawModelServer[] {prefill, decode}) {
            assertThat(server.requests()).isNotEmpty().allSatisfy(request -> assertThat(bodyOf(request))
                    .contains("\"model\" : \"demo\"", "Is asked-model demo?")
                    .doesNotContain("\"asked-model\""));
        }
    }

    @Test
    void aStreamNamesTheClientsModelInEachEvent() {
        String event =
                "data: {\"id\":\"c\",\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"demo\"}}]}\n\n";
        String usage = "data: {\"id\":\"c\",\"model\":\"%s\",\"choices\":[],\"usage\":{\"prompt_tokens\":41,"
                + "\"completion_tokens\":9,\"total_tokens\":50,\"prompt_tokens_details\":{\"cached_tokens\":%d}}}\n\n";
        String end = "data: [DONE]\n\n";
        String stream = event.formatted("demo") + event.formatted("demo") + usage.formatted("demo", 40) + end;
        decode.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < stream.length(); i++) {
                connection.send("1\r\n" + stream.charAt(i) + "\r\n");
            }
            connection.send("0\r\n\r\n");
            return true;
        });
        router = pool().start();

        HttpAnswer answer =
                router.ask(CHAT.replaceFirst("}$", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));

        assertThat(answer.text())
                .isEqualTo(event.formatted("asked-model")
                        + event.formatted("asked-model")
                        + usage.formatted("asked-model", 16)
                        + end);
    }

    @Test
    void decodeAloneNamesItToo() {
        prefill.answerWith(sending(json(503, "{}")));
        router = pool().start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.text()).isEqualTo(ANSWER.formatted("asked-model", 40));
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(served(CHAT));
    }

    @Test
    void aRefusalOfThePrefillEndpointNamesTheClientsModel() {
        prefill.answerWith(
                sending(json(400, "{\"object\":\"error\",\"model\":\"demo\",\"message\":\"demo: too long\"}")));
        router = pool().start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text())
                .isEqualTo("{\"object\":\"error\",\"model\":\"asked-model\",\"message\":\"demo: too long\"}");
    }

    @Test
    void aRefusalOfAnEncodeEndpointNamesTheClientsModel() {
        RawModelServer encode =
                answering(json(400, "{\"object\":\"error\",\"model\":\"demo\",\"message\":\"demo: no picture\"}"));
        router = pool().add("encode", encode).start();

        HttpAnswer answer = router.ask("{\"model\":\"asked-model\",\"messages\":[{\"role\":\"user\",\"content\":"
                + "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/a.png\"}}]}]}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text())
                .isEqualTo("{\"object\":\"error\",\"model\":\"asked-model\",\"message\":\"demo: no picture\"}");
        assertThat(bodyOf(encode.requests().get(0))).contains("\"model\":\"demo\"");
    }
}
