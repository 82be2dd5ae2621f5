package io.bactrian.journey;

import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pool whose file names parsers takes what they claim; the rest is refused, or goes on unread. */
class ParserListJourneyTest {
    private static final String CHAT =
            "{\"model\":\"%s\", \"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":1}";
    private static final String REWRITES = """
            apiVersion: llm-d.ai/v1alpha2
            kind: InferenceModelRewrite
            metadata: {name: lasting}
            spec:
              poolRef: {name: passing}
              rules: [{matches: [{model: {type: Exact, value: other}}], targets: [{modelRewrite: another}]}]
            """;

    private static final RawModelServer REFUSING = new RawModelServer(ParserListJourneyTest::answer);
    private static final RawModelServer PASSING = new RawModelServer(ParserListJourneyTest::answer);

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("demo", REFUSING)
            .property("bactrian.pools.demo.scheduling-file", file("{pluginRef: openai-parser}"))
            .closing(PASSING)
            .property("bactrian.pools.passing.models", "other,another")
            .property("bactrian.pools.passing.endpoints", "127.0.0.1:" + PASSING.port())
            .property(
                    "bactrian.pools.passing.scheduling-file",
                    file("{pluginRef: anthropic-parser}, {pluginRef: passthrough-parser}"))
            .property(
                    "bactrian.model-rewrites.file", AtomicFile.create(REWRITES).toString())
            .build();

    private static String file(String parsers) {
        return AtomicFile.create("apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n"
                        + "plugins: [{type: queue-scorer}]\nrequestHandler: {parsers: [" + parsers + "]}\n")
                .toString();
    }

    private static boolean answer(RawModelServer.Connection connection) throws java.io.IOException {
        connection.send(json(200, "{\"model\":\"another\",\"usage\":{\"prompt_tokens\":5}}"));
        return true;
    }

    @BeforeEach
    void forget() {
        REFUSING.clear();
        PASSING.clear();
    }

    private static HttpAnswer post(String path, String model) {
        return RawClient.exchange(ROUTER.port(), Requests.postTo(path, CHAT.formatted(model)));
    }

    @Test
    void aPathThatNoParserTakesIsRefusedInItsDialect() {
        assertThat(post("/v1/chat/completions", "demo").status()).isEqualTo(200);

        HttpAnswer answer = post("/v1/messages?beta=true", "demo");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text())
                .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
                        + "\"no parser registered matching path suffix for: /v1/messages (expected: ");
        assertThat(REFUSING.requests()).hasSize(1);
    }

    @Test
    void whatPassesGoesOnUnreadAndUnchanged() {
        HttpAnswer passed = post("/v1/chat/completions", "other");

        assertThat(passed.text()).contains("\"model\":\"another\"");
        assertThat(bodyOf(PASSING.requests().get(0))).isEqualTo(CHAT.formatted("other"));
    }

    @Test
    void whatAParserTakesIsReadThere() {
        HttpAnswer read = post("/v1/messages", "other");

        assertThat(read.text()).contains("\"model\":\"other\"");
        assertThat(bodyOf(PASSING.requests().get(0))).isEqualTo(CHAT.formatted("another"));
    }
}
