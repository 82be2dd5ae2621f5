package io.bactrian.simulator.load;

import static io.bactrian.simulator.load.EventContent.DONE;
import static io.bactrian.simulator.load.EventContent.ERROR;
import static io.bactrian.simulator.load.EventContent.TEXT;
import static io.bactrian.simulator.load.EventContent.USAGE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EventContentTest {

    @Test
    void knowsTheEndMark() {
        assertThat(of("[DONE]")).isEqualTo(DONE);
        assertThat(of("[DONE] ")).isZero();
    }

    @Test
    void findsTextOfEveryKind() {
        assertThat(of("{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}")).isEqualTo(TEXT);
        assertThat(of("{\"choices\": [{\"text\" : \"Hi\"}]}")).isEqualTo(TEXT);
        assertThat(of("{\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm\"}}]}"))
                .isEqualTo(TEXT);
        assertThat(of("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"{\"}}]}}]}"))
                .isEqualTo(TEXT);
        assertThat(of("{\"choices\":[{\"delta\":{\"content\":\"\\\"\"}}]}")).isEqualTo(TEXT);
    }

    @Test
    void anEventThatOnlyOpensOrClosesTheAnswerHasNoText() {
        assertThat(of("{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}"))
                .isZero();
        assertThat(of("{\"choices\":[{\"delta\":{\"content\":null},\"finish_reason\":\"length\"}]}"))
                .isZero();
        assertThat(of("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}"))
                .isZero();
    }

    @Test
    void findsUsage() {
        assertThat(of("{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}")).isEqualTo(USAGE);
        assertThat(of("{\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":1}}"))
                .isEqualTo(TEXT | USAGE);
    }

    @Test
    void findsErrors() {
        assertThat(of("{\"error\":{\"message\":\"gone\"}}")).isEqualTo(ERROR);
        assertThat(of("{\"error\":\"gone\"}")).isEqualTo(ERROR);
        assertThat(of("{\"error\":null}")).isZero();
    }

    @Test
    void textThatLooksLikeKeysIsOnlyText() {
        assertThat(of("{\"choices\":[{\"text\":\"\\\"error\\\":{ \\\"usage\\\":{\"}]}"))
                .isEqualTo(TEXT);
        assertThat(of("{\"choices\":[{\"text\":\"\\\\\"}],\"usage\":{}}")).isEqualTo(TEXT | USAGE);
    }

    @Test
    void survivesWhatIsNoJson() {
        for (String event : new String[] {"", "\"", "\"content\"", "\"content\":", "\"content\":\"", "\\", "{\"a"}) {
            assertThat(of(event) & (DONE | USAGE | ERROR)).isZero();
        }
    }

    private static int of(String event) {
        byte[] padded = ("##" + event + "##").getBytes(StandardCharsets.UTF_8);
        return EventContent.of(padded, 2, padded.length - 2);
    }
}
