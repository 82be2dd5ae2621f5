package io.bactrian.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerNameTest {

    @ParameterizedTest
    @CsvSource({"response.json, resp_1", "response.sse, resp_1", "conversation.json, conv_1"})
    void readsWhatAnAnswerIsCalledWhereverItIsCut(String file, String name) throws IOException {
        byte[] answer = Files.readAllBytes(Path.of("test-fixtures/apis/answers", file));

        for (int cut = 0; cut <= answer.length; cut++) {
            assertThat(read(answer, file.endsWith(".sse"), cut))
                    .as("cut at %d", cut)
                    .isEqualTo(name);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'output':[{'id':'msg_1'}],'metadata':{'id':'x'},'id':'r'} | r",
                "{'id' : 'r','id':'s'} | r",
                "{'output':[{'id':'msg_1'}]} | ``",
                "{'text':'\\'id\\':\\'x\\''} | ``",
                "{'id':7} | ``",
                "{'id':'a b'} | ``",
                "{'id':'a\\u0062'} | ``",
                "{'id':'é'} | ``",
                "{'id':'cut | ``"
            })
    void takesNothingElseForIt(String answer, String name) {
        assertThat(read(answer.replace('\'', '"').getBytes(UTF_8), false, 3)).isEqualTo(name);
    }

    @Test
    void holdsNoMoreThanAnIdCanBe() {
        assertThat(read(("{\"id\":\"" + "x".repeat(256) + "\"}").getBytes(UTF_8), false, 100))
                .hasSize(256);
        assertThat(read(("{\"id\":\"" + "x".repeat(257) + "\"}").getBytes(UTF_8), false, 100))
                .isEmpty();
    }

    private static String read(byte[] answer, boolean events, int cut) {
        AnswerName name = new AnswerName(events);
        name.read(Unpooled.wrappedBuffer(answer, 0, cut));
        name.read(Unpooled.wrappedBuffer(answer, cut, answer.length - cut));
        return name.name();
    }
}
