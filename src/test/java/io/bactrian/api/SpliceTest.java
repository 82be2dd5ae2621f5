package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpliceTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'stream':true | 'stream_options':{'include_usage':true},|",
                "'stream':true,'stream_options':null || 'stream':true,'stream_options':{'include_usage':true}",
                "'stream':true,'stream_options' : { } || 'stream':true,'stream_options' : {'include_usage':true }",
                "'stream':true,'stream_options':{'continuous_usage_stats':true} || 'stream':true,'stream_options':{'continuous_usage_stats':true}",
                "'stream':true,'stream_options':{'x':[{}],'include_usage': false } || 'stream':true,'stream_options':{'x':[{}],'include_usage': true }",
                "'stream_options':{'include_usage':null,'x':9007199254740993},'stream':true || 'stream_options':{'include_usage':true,'x':9007199254740993},'stream':true",
                "'stream':true,'stream_options':{'include_usage':true} || 'stream':true,'stream_options':{'include_usage':true}",
                "'stream':false || 'stream':false",
                "'n':1 || 'n':1",
            })
    void asksForUsageAndLeavesTheRest(String members, String before, String after) {
        String rest = ",'seed':9007199254740993,'z':1.0E+2,'a':'\\u00e9\\/','messages':[{'role':'u'}], 'model':'m' } ";
        String patched = (before == null ? "" : before) + (after == null ? members : after);

        assertThat(patch(" {" + members + rest)).isEqualTo((" {" + patched + rest).replace('\'', '"'));
    }

    @Test
    void namesAnotherModel() {
        byte[] body = bytes("{'model' : 'a\\u0062' ,'messages':[{'role':'u'}]}");
        Splice splice = read(body).renameModel("x\"é");

        assertThat(new String(Splice.apply(body, List.of(splice)), UTF_8))
                .isEqualTo("{\"model\" : \"x\\\"é\" ,\"messages\":[{\"role\":\"u\"}]}");
    }

    @Test
    void appliesSeveralInOrder() {
        byte[] patched = Splice.apply(
                bytes("0123456789"), List.of(new Splice(0, 1, "a"), new Splice(4, 0, "bc"), new Splice(9, 1, "")));

        assertThat(new String(patched, UTF_8)).isEqualTo("a123bc45678");
    }

    @Test
    void refusesSplicesThatOverlapOrLieOutside() {
        assertThatThrownBy(() -> Splice.apply(bytes("0123"), List.of(new Splice(0, 2, ""), new Splice(1, 1, ""))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Splice.apply(bytes("0123"), List.of(new Splice(3, 2, ""))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String patch(String text) {
        byte[] body = bytes(text);
        return new String(Splice.apply(body, read(body).usageSplices()), UTF_8);
    }

    private static ClientBody read(byte[] body) {
        return new BodyReader(1 << 20).read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body));
    }

    private static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }
}
