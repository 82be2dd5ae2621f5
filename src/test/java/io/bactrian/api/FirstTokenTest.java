package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FirstTokenTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"created\": 12 ,\"model\":\"m\",\"choices\":[\n{\"text\":\"%s\",\n"
                    + "\"finish_reason\":\"%s\"}],\"usage\":{\"completion_tokens\":1,\"d\":{}},\"kv_transfer_params\":{\"first_tok\":%s}}";

    private static FirstToken read(String answer) throws IOException {
        return FirstToken.read(answer.getBytes(UTF_8));
    }

    @Test
    void aTokenHasAnIdAndAText() throws IOException {
        FirstToken token = read(ANSWER.formatted(" \\u00e9", "length", "4294967295"));

        assertThat(token.id()).isEqualTo(4294967295L);
        assertThat(token.text()).isEqualTo(" é");
        assertThat(token.isLast()).isFalse();
        assertThat(token.hasOwnText()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "'', false",
        "\\ufffd, false",
        "a\\ufffd, false",
        "\\ud83d, false",
        "\\ude00, false",
        "\\ud83d\\ude00, true"
    })
    void halfACharacterIsNoText(String text, boolean isText) throws IOException {
        assertThat(read(ANSWER.formatted(text, "length", "7")).hasOwnText()).isEqualTo(isText);
    }

    /** However often: what is kept of them does not grow. */
    @Test
    void ofMembersThatComeAgainTheLastCounts() throws IOException {
        String answer = ANSWER.formatted("a", "stop", "7");
        String again = "{" + "\"id\":\"x\",\"model\":\"y\",".repeat(100_000) + answer.substring(1);

        assertThat(read(again).events(false)).isEqualTo(read(answer).events(false));
    }

    @Test
    void aWholeAnswerBecomesEvents() throws IOException {
        FirstToken token = read(ANSWER.formatted("a", "stop", "7"));

        assertThat(token.isLast()).isTrue();
        String head = "data: {\"object\":\"text_completion\",\"id\":\"c\",\"created\":12,\"model\":\"m\",\"choices\":[";
        String text = head + " {\"text\":\"a\", \"finish_reason\":\"stop\"}]}\n\n";
        assertThat(new String(token.events(false), UTF_8)).isEqualTo(text + "data: [DONE]\n\n");
        assertThat(new String(token.events(true), UTF_8))
                .isEqualTo(text + head + "],\"usage\":{\"completion_tokens\":1,\"d\":{}}}\n\ndata: [DONE]\n\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "\"70\"",
                "-1",
                "7.5",
                "4294967296",
                "123456789012345678901234567890",
                "[70]",
                "{\"x\":1}",
                "true"
            })
    void anIdIsAWholeNumberOf32Bits(String id) {
        assertThatThrownBy(() -> read(ANSWER.formatted("a", "length", id))).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "not json",
                "{\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":{},\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[],\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[7],\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"},{\"finish_reason\":\"length\"}],"
                        + "\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[{\"text\":7,\"finish_reason\":\"length\"}],\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"abort\"}],\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[{\"text\":\"a\"}],\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}],\"kv_transfer_params\":[]}",
                "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}],\"first_tok\":70}",
                "{\"choices\":[{\"text\":\"a b\",\"finish_reason\":\"length\"}],\"usage\":{\"completion_tokens\":2},"
                        + "\"kv_transfer_params\":{\"first_tok\":70}}",
                "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}],\"kv_transfer_params\":{\"first_tok\":70}"
            })
    void whatWouldMakeAWrongAnswerIsRefused(String answer) {
        assertThatThrownBy(() -> read(answer)).isInstanceOf(IOException.class);
    }

    @Test
    void aTextThatIsNoTokensIsRefused() {
        assertThatThrownBy(() -> read(ANSWER.formatted("a".repeat(5000), "length", "7")))
                .isInstanceOf(IOException.class);
    }
}
