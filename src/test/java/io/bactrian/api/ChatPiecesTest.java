package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.request.RequestBytes;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatPiecesTest {
    private static final String TALK = "\"model\":\"demo\",\"messages\":[ {\"role\":\"user\",\"content\":\"Hé\"} ]";

    private static Optional<ChatPieces> read(String body) {
        return ChatPieces.of(RequestBytes.of(body.getBytes(StandardCharsets.UTF_8)));
    }

    private static String asked(String body, String soFar, int tokens) {
        return new String(read(body).orElseThrow().ask(soFar.isEmpty() ? null : soFar, tokens), StandardCharsets.UTF_8);
    }

    @Test
    void theFirstPieceKeepsWhatIsAskedAndLimitsIt() {
        String body = "{" + TALK
                + ", \"max_tokens\": 9,\"seed\":1.50,\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"kv_transfer_params\":{\"a\":[1]}}";

        assertThat(asked(body, "", 4))
                .isEqualTo("{" + TALK + ",\"seed\":1.50,\"kv_transfer_params\":{\"a\":[1]},\"max_tokens\":4,"
                        + "\"max_completion_tokens\":4,\"stream\":false}");
    }

    @Test
    void aFurtherPieceContinuesOneMessage() {
        String body = "{" + TALK + ",\"kv_transfer_params\":{\"a\":[1]},\"max_completion_tokens\":9}";

        assertThat(asked(body, "one \"two\"\n", 4))
                .isEqualTo("{\"model\":\"demo\",\"messages\":[ {\"role\":\"user\",\"content\":\"Hé\"} ,"
                        + "{\"role\":\"assistant\",\"content\":\"one \\\"two\\\"\\n\"}],\"max_tokens\":4,"
                        + "\"max_completion_tokens\":4,\"stream\":false,\"continue_final_message\":true,"
                        + "\"add_generation_prompt\":false}");
    }

    @Test
    void aChatWithoutMessagesIsContinuedToo() {
        assertThat(asked("{\"model\":\"m\",\"messages\":[ ]}", "a", 1)).contains("[ {\"role\":\"assistant\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tools\":[{\"type\":\"function\"}]",
                "\"tool_choice\":\"auto\"",
                "\"logprobs\":true",
                "\"top_logprobs\":2",
                "\"n\":2",
                "\"reasoning_effort\":\"low\"",
                "\"chat_template_kwargs\":{\"enable_thinking\":true}",
                "\"continue_final_message\":true",
                "\"response_format\":{\"type\":\"json_object\"}",
                "\"stop\":[\"x\"]",
                "\"frequency_penalty\":0.5",
                "\"min_tokens\":3",
                "\"something_new\":1"
            })
    void whatGoesByTheWholeAnswerIsGeneratedInOneGo(String member) {
        assertThat(read("{" + TALK + "," + member + "}")).isEmpty();
    }

    @Test
    void whatAsksForNothingIsNoObstacle() {
        assertThat(read("{" + TALK
                        + ",\"tools\":[],\"logprobs\":false,\"n\":1,\"stop\":null,\"frequency_penalty\":0.0,"
                        + "\"tool_choice\":\"\",\"chat_template_kwargs\":{}}"))
                .isPresent();
    }
}
