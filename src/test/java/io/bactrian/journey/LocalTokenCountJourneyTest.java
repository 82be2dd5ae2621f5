package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.RouterProcess;
import io.bactrian.fixture.Tokenizers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Prompts that are counted in the router's process; the decision, asked for through the operations port, tells who has counted. */
@Timeout(60)
class LocalTokenCountJourneyTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int OPERATIONS = RouterProcess.freePort();
    private static final AtomicInteger IDS = new AtomicInteger();

    /** Refuses, or never ends, as the message says. */
    private static final String MOODY = """
            {%- if messages[0].content == 'refuse' %}{{ raise_exception('no') }}{% endif %}
            {%- if messages[0].content == 'never end' %}
            {%- for i in range(99999) %}{% for j in range(99999) %}{{ '' }}{% endfor %}{% endfor %}
            {%- endif %}
            {{- messages[0].content }}""";

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", answering())
            .property("bactrian.pools.m.scheduling-file", scheduling(Tokenizers.FOLDER.resolve("bytes"), ""))
            .raw("moody", answering())
            .property(
                    "bactrian.pools.moody.scheduling-file",
                    scheduling(moody(), ", timeout: 2s, maxInFlight: 1, maxPromptChars: 100000000"))
            .property("camel.management.enabled", "true")
            .property("camel.management.port", String.valueOf(OPERATIONS))
            .build();

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            return true;
        });
    }

    private static String scheduling(Path folder, String more) {
        return AtomicFile.create("""
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                - type: token-producer
                  parameters: {local: {folder: "%s"%s}}
                - type: queue-scorer
                """.formatted(folder, more)).toString();
    }

    private static Path moody() {
        try {
            Path folder = AtomicFile.folder("chat_template.jinja", MOODY);
            Path tokenizer = folder.resolve("tokenizer.json");
            Files.copy(Tokenizers.FOLDER.resolve("bytes/tokenizer.json"), tokenizer);
            tokenizer.toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void countsChatsAsPythonDoes() {
        for (String conversation :
                new String[] {"several turns", "many scripts", "looks like special tokens", "tool to call"}) {
            JsonNode decision = ask("/v1/chat/completions", Tokenizers.request(conversation));

            assertThat(decision.get("promptTokensFrom").textValue()).isEqualTo("local");
            assertThat(decision.get("promptTokens").intValue()).as(conversation).isEqualTo(recorded(conversation));
        }
    }

    private static int recorded(String conversation) {
        return Tokenizers.recorded("recorded-chats.json").stream()
                .filter(chat -> chat.get("tokenizer").textValue().equals("bytes")
                        && chat.get("template").isNull()
                        && chat.get("conversation").textValue().equals(conversation))
                .mapToInt(chat -> chat.get("ids").size())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void countsAnthropicsMessagesAsTheChatTheyAre() {
        String messages =
                "{\"model\":\"m\",\"max_tokens\":5,\"system\":[{\"type\":\"text\",\"text\":\"  Answer in one sentence.\\n\"}],\"messages\":["
                        + "{\"role\":\"user\",\"content\":\"How many humps has a Bactrian camel?\"},{\"role\":\"assistant\",\"content\":\"Two.\"},"
                        + "{\"role\":\"user\",\"content\":\"And a dromedary?  \"},"
                        + "{\"role\":\"assistant\",\"content\":\"<think>\\nOne hump less.\\n</think>\\n\\nOne.\"},"
                        + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Thanks!\\n\\n  Line\\twith\\ttabs\\r\\nand returns.\"}]}]}";

        JsonNode decision = ask("/v1/messages", messages);

        assertThat(decision.get("promptTokensFrom").textValue()).isEqualTo("local");
        assertThat(decision.get("promptTokens").intValue()).isEqualTo(recorded("several turns"));
    }

    @Test
    void countsTextsWithTheTokenOfTheirBegin() {
        JsonNode one = ask("/v1/completions", "{\"model\":\"m\",\"prompt\":\"hello camel\"}");
        JsonNode several = ask("/v1/embeddings", "{\"model\":\"m\",\"input\":[\"hello camel\",\"hello camel\"]}");

        assertThat(one.get("promptTokens").intValue()).isEqualTo(5);
        assertThat(several.get("promptTokens").intValue()).isEqualTo(10);
        assertThat(several.get("promptTokensFrom").textValue()).isEqualTo("local");
    }

    @Test
    void saysWhenPicturesAreEstimated() {
        JsonNode decision = ask(
                "/v1/chat/completions",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Where does a camel keep its"
                        + " water?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.com/a.png\"}}]}]}");

        assertThat(decision.get("promptTokensFrom").textValue()).isEqualTo("local, pictures and videos estimated");
        assertThat(decision.get("promptTokens").intValue()).isEqualTo(recorded("one question") + 225);
    }

    @Test
    void estimatesAndSaysSoWhereTheTemplateRefuses() {
        JsonNode decision = ask("/v1/chat/completions", chat("refuse"));

        assertThat(decision.get("promptTokensFrom").textValue())
                .isEqualTo("estimate: the chat template of local refuses it");
        assertThat(decision.get("promptTokens").intValue()).isEqualTo(3);
    }

    @Test
    void estimatesWhatAnotherHasNoTimeForAndCountsAgainAfterwards() {
        CompletableFuture<JsonNode> endless =
                CompletableFuture.supplyAsync(() -> ask("/v1/chat/completions", chat("never end")));

        await().atMost(Duration.ofSeconds(20)).until(() -> from(chat("quick")).equals("estimate: local is busy"));
        assertThat(endless.join().get("promptTokensFrom").textValue())
                .isEqualTo("estimate: local did not answer in time");
        await().atMost(Duration.ofSeconds(20)).until(() -> from(chat("quick")).equals("local"));
    }

    private static String from(String body) {
        return ask("/v1/chat/completions", body).get("promptTokensFrom").textValue();
    }

    private static String chat(String content) {
        return "{\"model\":\"moody\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
    }

    private static JsonNode ask(String path, String body) {
        String id = "count-" + IDS.incrementAndGet();
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.postTo(path, body, "x-request-id: " + id));
        assertThat(answer.status()).isEqualTo(200);
        HttpAnswer decision =
                RawClient.exchange(OPERATIONS, Requests.get("/debug/decisions/" + id, "Connection: close"));
        try {
            return MAPPER.readTree(decision.text()).required("attempts").required(0);
        } catch (IOException e) {
            throw new UncheckedIOException(decision.text(), e);
        }
    }
}
