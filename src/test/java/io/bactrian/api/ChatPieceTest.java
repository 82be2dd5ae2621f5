package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatPieceTest {
    private static ChatPiece read(String body) throws IOException {
        return ChatPiece.read(body.getBytes(StandardCharsets.UTF_8));
    }

    private static String piece(String message, String reason, int tokens) {
        return "{\"id\":\"c-1\",\"created\":1700000000,\"model\":\"demo\",\"x\":1.50,\"choices\":[{\"index\":0,\"message\":{"
                + message + "},\"logprobs\":null,\"finish_reason\":" + reason
                + "}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":" + tokens
                + ",\"total_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":4}},\"y\":[]}";
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void theWholeAnswerHasAllTextAndAllTokens() throws IOException {
        ChatPiece last = read(piece("\"role\":\"assistant\",\"content\":\"thr\\u0065e\"", "\"stop\"", 2));

        assertThat(last.text()).isEqualTo("three");
        assertThat(text(last.whole("one \"two\" three é", last.usage(6))))
                .isEqualTo(piece("\"role\":\"assistant\",\"content\":\"one \\\"two\\\" three é\"", "\"stop\"", 6)
                        .replace("\"total_tokens\":9", "\"total_tokens\":13"));
    }

    @Test
    void eventsCarryTheNamesOfTheFirstPiece() throws IOException {
        ChatPiece first = read(piece("\"content\":\"one\"", "\"length\"", 2));
        ChatPiece last = read(piece("\"content\":\" two\"", "\"stop\"", 1).replace("c-1", "c-2"));

        assertThat(text(first.event(first, false)))
                .isEqualTo(
                        "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"demo\","
                                + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"one\"},"
                                + "\"finish_reason\":null}]}\n\n");
        assertThat(text(first.event(last, true)))
                .contains("\"id\":\"c-1\"", "\"delta\":{\"content\":\" two\"},\"finish_reason\":\"stop\"");
        assertThat(text(first.lastEvents(first.usage(3))))
                .contains("\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void aPieceEndsTheAnswerUnlessItWasFull() throws IOException {
        assertThat(read(piece("\"content\":\"a\"", "\"length\"", 2)).isLast()).isFalse();
        assertThat(read(piece("\"content\":\"a\"", "\"stop\"", 2)).isLast()).isTrue();
        assertThat(read(piece("\"content\":\"\"", "\"length\"", 0)).isLast()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"content\":null,\"tool_calls\":[{\"id\":\"t\"}]",
                "\"content\":\"\",\"reasoning_content\":\"Let me see\"",
                "\"reasoning\":\"hm\",\"content\":\"a\""
            })
    void moreThanTextCannotBeContinued(String message) throws IOException {
        assertThat(read(piece(message, "\"length\"", 2)).isTextAlone()).isFalse();
    }

    @Test
    void emptyPartsAreNothing() throws IOException {
        assertThat(read(piece(
                                "\"content\":\"a\",\"tool_calls\":[],\"reasoning_content\":null,\"refusal\":\"\"",
                                "null",
                                2))
                        .isTextAlone())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"choices\":[]}",
                "{\"choices\":[1]}",
                "{\"choices\":[{\"message\":{}}]}",
                "{\"a\":"
            })
    void whatIsNoAnswerIsRefused(String body) {
        assertThatThrownBy(() -> read(body)).isInstanceOf(IOException.class);
    }
}
