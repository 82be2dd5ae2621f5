package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenInFrontTest {
    private final TokenInFront token = new TokenInFront(" \"é\n");

    private String complete(String body) throws IOException {
        return new String(token.complete(body.getBytes(UTF_8)), UTF_8);
    }

    private String before(String event) {
        return new String(token.before(event.getBytes(UTF_8)), UTF_8);
    }

    private String counted(String event) {
        return new String(token.counted(event.getBytes(UTF_8)), UTF_8);
    }

    @Test
    void theTextComesFirstAndTokensAreCountedAnew() throws IOException {
        assertThat(
                        complete(
                                "{ \"usage\":{\"prompt_tokens\":3,\"total_tokens\":9, \"completion_tokens\" : 6 },"
                                        + "\"choices\":[ {\"x\":\"text\",\"text\" : \"b\\n\",\"finish_reason\":\"stop\"}],\"big\":12345678901234567890 }"))
                .isEqualTo(
                        "{ \"usage\":{\"prompt_tokens\":2,\"total_tokens\":9, \"completion_tokens\" : 7 },"
                                + "\"choices\":[ {\"x\":\"text\",\"text\" : \" \\\"é\\nb\\n\",\"finish_reason\":\"stop\"}],\"big\":12345678901234567890 }");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"usage\":null,\"choices\":[{\"text\":\"\"}]}",
                "{\"usage\":{},\"choices\":[{\"text\":\"\"}]}",
                "{\"usage\":{\"prompt_tokens\":\"3\",\"completion_tokens\":1.5},\"choices\":[{\"text\":\"\"}]}",
                "{\"usage\":{\"prompt_tokens\":99999999999},\"choices\":[{\"text\":\"\"}]}"
            })
    void whatIsNoCountStays(String body) throws IOException {
        assertThat(complete(body)).isEqualTo(body.replace("\"text\":\"", "\"text\":\" \\\"é\\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"choices\":[]}",
                "{\"choices\":{\"text\":\"\"}}",
                "{\"choices\":[{\"text\":null}]}",
                "{\"choices\":[{\"message\":{\"text\":\"a\"}}]}",
                "{\"choices\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
                "{\"choices\":[{\"text\":\"a\"}"
            })
    void anAnswerWithoutOneTextIsRefused(String body) {
        assertThatThrownBy(() -> complete(body)).isInstanceOf(IOException.class);
    }

    @Test
    void theEventBeforeSaysNothingOfTheEnd() {
        String event =
                "id: 1\ndata: {\"id\":\"c\",\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\",\"stop_reason\":12 }],"
                        + "\"usage\":{\"prompt_tokens\":3}}\n\n";

        assertThat(before(event))
                .isEqualTo(
                        "id: 1\ndata: {\"id\":\"c\",\"choices\":[{\"text\":\" \\\"é\\n\",\"finish_reason\":null,\"stop_reason\":null }],"
                                + "\"usage\":null}\n\n");
        assertThat(counted(event)).isEqualTo(event.replace("\"prompt_tokens\":3", "\"prompt_tokens\":2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": ping\n\n",
                "\n",
                "data: [DONE]\n\n",
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\"3\"}}\n\n",
                "data: {\"error\":{\"message\":\"usage\"}}\n\n",
                "data: {\"choices\":[{\"text\":7}]}\n\n",
                "data: {\"choices\"\n\n",
                "data:\n\n"
            })
    void eventsWithoutTextAreNone(String event) {
        assertThat(before(event)).isEmpty();
        assertThat(counted(event)).isEqualTo(event);
    }
}
