package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizationTest {
    @Test
    void theTextIsAskedForAsItIsWritten() {
        String body = "{\"prompt\" : \"a\\u00e9\\n\\\"\" , \"model\":\"x\"}";
        BodyPlaces places = new BodyReader(1 << 20)
                .read("r", Api.COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body.getBytes(UTF_8)))
                .places();

        assertThat(new String(Tokenization.question("m\"", places), UTF_8))
                .isEqualTo("{\"model\":\"m\\\"\",\"prompt\":\"a\\u00e9\\n\\\"\"}");
    }

    @Test
    void idsAreReadWhereverTheyStand() throws IOException {
        String answer = "{\"count\":2,\"token_strs\":[\"a\"],\"tokens\":[ 0,\n4294967295 ],\"x\":{\"tokens\":[1]}}";
        assertThat(Tokenization.ids(answer.getBytes(UTF_8))).isEqualTo("[0,4294967295]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "{\"tokens\":[]}",
                "{\"tokens\":null}",
                "{\"tokens\":\"1\"}",
                "{\"tokens\":[1,-2]}",
                "{\"tokens\":[1,2.5]}",
                "{\"tokens\":[1,4294967296]}",
                "{\"tokens\":[1,99999999999999999999]}",
                "{\"tokens\":[\"1\"]}",
                "{\"tokens\":[[1]]}",
                "{\"tokens\":[1,null]}",
                "{\"tokens\":[1,"
            })
    void whatHoldsNoIdsIsRefused(String answer) {
        assertThatThrownBy(() -> Tokenization.ids(answer.getBytes(UTF_8))).isInstanceOf(IOException.class);
    }
}
