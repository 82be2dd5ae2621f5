package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.fixture.Tokenizers;
import io.bactrian.tokenizer.jinja.Limits;
import io.bactrian.tokenizer.jinja.Template;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What {@code apply_chat_template} of Python's transformers was recorded to write, or to refuse. */
class ChatTemplatesTest {
    private static final Limits LIMITS = new Limits(1_000_000, 10_000_000, () -> false);
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 7, 5, 14, 3, 9, 0, ZoneOffset.UTC);
    private static final Map<String, String> BYTES = Map.of("bos_token", "<|begin|>", "eos_token", "<|end|>");
    private static final Map<String, String> PIECES = Map.of("bos_token", "<s>", "eos_token", "</s>");

    @TestFactory
    List<DynamicTest> writesWhatPythonWrites() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode chat : Tokenizers.recorded("recorded-chats.json")) {
            String conversation = chat.get("conversation").textValue();
            if (chat.get("template").isNull() || conversation.equals("nothing said")) {
                continue; // a folder's own template; transformers itself refuses an empty conversation
            }
            String template = chat.get("template").textValue();
            tests.add(DynamicTest.dynamicTest(template + ": " + conversation, () -> {
                boolean ofBytes = chat.get("tokenizer").textValue().equals("bytes");
                ChatTemplates templates = templates(Tokenizers.template(template), ofBytes ? BYTES : PIECES);
                Chat given = chat(Tokenizers.conversation(conversation));
                if (chat.has("error")) {
                    assertThatThrownBy(() -> templates.render(given, LIMITS)).isNotNull();
                } else {
                    assertThat(templates.render(given, LIMITS))
                            .isEqualTo(chat.get("text").textValue());
                }
            }));
        }
        return tests;
    }

    private static ChatTemplates templates(String source, Map<String, String> special) {
        return new ChatTemplates(Map.of(ChatTemplates.DEFAULT, Template.parse(source)), special, () -> NOW);
    }

    private static Chat chat(JsonNode conversation) {
        List<Map<String, Object>> messages = new ArrayList<>();
        conversation.get("messages").forEach(message -> messages.add(JsonValues.map(message)));
        return new Chat(
                messages,
                JsonValues.list(conversation.path("tools")),
                JsonValues.list(conversation.path("documents")),
                conversation.path("add_generation_prompt").asBoolean(true),
                conversation.path("continue_final_message").asBoolean(false),
                JsonValues.map(conversation.path("variables")));
    }

    @Test
    void tellsWhetherATemplateGoesThroughParts() {
        assertThat(templates(Tokenizers.template("parts"), Map.of()).readsParts())
                .isTrue();
        assertThat(templates(Tokenizers.template("turns"), Map.of()).readsParts())
                .isFalse();
        assertThat(templates("{{ messages[0].content }}", Map.of()).readsParts())
                .isFalse();
    }

    @Test
    void tellsTheDateAsPythonDoes() {
        String source = "{{ strftime_now('%d %b %Y, %A %-d %B, %H:%M:%S %I %p 100%%') }}";
        Chat chat = chat(Tokenizers.conversation("one question"));

        assertThat(templates(source, Map.of()).render(chat, LIMITS))
                .isEqualTo("05 Jul 2026, Sunday 5 July, 14:03:09 02 PM 100%");
    }

    @Test
    void prefersTheTemplateForToolsWhereThereAreTools() {
        ChatTemplates templates = new ChatTemplates(
                Map.of("default", Template.parse("plain"), "tool_use", Template.parse("with tools")),
                Map.of(),
                () -> NOW);
        List<Map<String, Object>> messages = List.of(Map.of("role", "user", "content", "x"));

        assertThat(templates.render(new Chat(messages, List.of(), List.of(), true, false, Map.of()), LIMITS))
                .isEqualTo("plain");
        assertThat(templates.render(new Chat(messages, List.of(Map.of()), List.of(), true, false, Map.of()), LIMITS))
                .isEqualTo("with tools");
    }
}
