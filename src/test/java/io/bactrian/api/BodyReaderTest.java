package io.bactrian.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bactrian.fixture.CollectedPrompt;
import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.nio.charset.Charset;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyReaderTest {
    private static final String HI = "'messages':[{'role':'user','content':'Hi'}]";

    private final BodyReader reader = new BodyReader(1 << 20);

    @Test
    void readsWhatAChatAsks() {
        ClientBody body = chat("""
                {'model':'m','stream':true,'stream_options':{'include_usage':true},'max_tokens':5,
                 'max_completion_tokens':7,'cache_salt':'s','lora_path':'a','n':2,'temperature':0.5,%s}""".formatted(HI));
        InferenceRequest request = body.request();

        assertThat(request.id()).isEqualTo("id");
        assertThat(request.api()).isEqualTo(Api.CHAT_COMPLETIONS);
        assertThat(request.model()).isEqualTo("m");
        assertThat(request.adapter()).isEqualTo("a");
        assertThat(request.cacheSalt()).isEqualTo("s");
        assertThat(request.stream()).isTrue();
        assertThat(request.includeUsage()).isTrue();
        assertThat(request.maxOutputTokens()).hasValue(7);
        assertThat(request.bodyBytes()).isEqualTo(211);
        assertThat(body.choices()).isEqualTo(2);
    }

    @Test
    void putsRolesAndContentsIntoThePrompt() {
        Prompt prompt = chat("{'model':'m'," + HI + "}").request().prompt();

        assertThat(prompt.count()).isEqualTo(1);
        assertThat(CollectedPrompt.of(prompt, 0).string()).isEqualTo("userHi");
        assertThat(prompt.estimatedTokens()).isEqualTo(2);
    }

    @Test
    void putsToolsFirstAndRolesBeforeContentsInWhateverOrderTheyCome() {
        Prompt prompt = chat("""
                {'messages':[{'content':'a\\n\\u00e9\\ud83d\\ude00','role':'system'},
                             {'content':[{'text':'b','type':'text'},{'type':'text','text':'c'},'d'],'id':'x','role':'user'},
                             {'role':'assistant','content':null,'tool_calls':[{'id':'1', 'f':{}}]},
                             {'role':'tool','tool_call_id':'1','content':'e'}],
                 'tools':[{'name': 't'}],'model':'m'}""").request().prompt();

        assertThat(CollectedPrompt.of(prompt, 0).string())
                .isEqualTo("[{\"name\": \"t\"}]systema\né😀userbcdassistant[{\"id\":\"1\", \"f\":{}}]tool1e");
    }

    @Test
    void tellsDifferentPicturesApartAndWeighsThemAsTheModelDoes() {
        Prompt cat = picture("https://example.org/cat.png");
        Prompt dog = picture("data:image/png;base64," + "A".repeat(9000));

        assertThat(CollectedPrompt.of(cat, 0).bytes())
                .hasSize(4 + 225 * 4)
                .isNotEqualTo(CollectedPrompt.of(dog, 0).bytes());
        assertThat(cat.estimatedTokens()).isEqualTo(1 + 225);
        assertThat(dog.estimatedTokens()).isEqualTo(1 + 225);
    }

    private Prompt picture(String url) {
        return chat("{'model':'m','messages':[{'role':'u','content':[{'type':'text','text':'ab'},"
                        + "{'type':'image_url','image_url':{'url':'" + url + "'}}]}]}")
                .request()
                .prompt();
    }

    @Test
    void readsEachKindOfCompletionPrompt() {
        assertThat(CollectedPrompt.of(prompt("'Hello'"), 0).string()).isEqualTo("Hello");
        assertThat(CollectedPrompt.of(prompt("['a','b\\t']"), 1).string()).isEqualTo("b\t");
        assertThat(CollectedPrompt.of(prompt("[1, 2,\n4294967295]"), 0).tokenIds())
                .containsExactly(1L, 2L, 4294967295L);
        assertThat(CollectedPrompt.of(prompt("[[1,2],[3]]"), 0).tokenIds()).containsExactly(1L, 2L);
        assertThat(CollectedPrompt.of(prompt("[[1,2],[3]]"), 1).tokenIds()).containsExactly(3L);
        assertThat(prompt("['a','b','c']").count()).isEqualTo(3);
        assertThat(prompt("['a','bcdef']").estimatedTokens()).isEqualTo(3);
        assertThat(prompt("[[1,2],[3]]").estimatedTokens()).isEqualTo(3);
    }

    @Test
    void stopsReadingWhenTheSinkHasEnough() {
        Prompt prompt = chat("{'model':'m','messages':[{'role':'user','content':'%s'}]}".formatted("x".repeat(100_000)))
                .request()
                .prompt();
        int[] taken = {0};
        prompt.read(0, new PromptSink() {
            @Override
            public boolean text(byte[] utf8, int offset, int length) {
                taken[0] += length;
                return taken[0] < 5000;
            }

            @Override
            public boolean tokenId(int id) {
                return true;
            }
        });

        assertThat(taken[0]).isBetween(5000, 20_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'stream':'true' | false",
                "'stream':1 | false",
                "'stream':{'a':[true]} | false",
                "'stream':null | false",
                "'stream':true | true",
                "'str\\u0065am':true | true",
            })
    void streamsForJsonTrueAlone(String member, boolean stream) {
        assertThat(chat("{" + member + ",'model':'m'," + HI + "}").request().stream())
                .isEqualTo(stream);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'max_tokens':5 | 5",
                "'max_tokens':1.5 | -1",
                "'max_tokens':-1 | -1",
                "'max_tokens':'7' | -1",
                "'max_tokens':0 | 0",
                "'max_tokens':5.0 | 5",
                "'max_tokens':1e1 | 10",
                "'max_tokens':99999999999 | 2147483647",
                "'max_tokens':99999999999999999999999 | 2147483647",
                "'max_tokens':-99999999999999999999999 | -1",
                "'max_tokens':5,'max_completion_tokens':-1 | 5",
                "'max_tokens':5,'max_completion_tokens':0 | 0",
                "'max_tokens':null | -1",
            })
    void takesTheFirstWholeLimit(String members, int limit) {
        OptionalInt expected = limit < 0 ? OptionalInt.empty() : OptionalInt.of(limit);

        assertThat(chat("{" + members + ",'model':'m'," + HI + "}").request().maxOutputTokens())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'messages':[]} | messages: empty",
                "{'model':'m'} | messages: missing",
                "{'model':'m','messages':{}} | messages: an object",
                "{'model':'m','messages':[1]} | messages[0]: a number",
                "{'model':'m','messages':[{'role':'u'},{}]} | messages[1].role: missing",
                "{'model':'m','messages':[{'role':null}]} | messages[0].role: null",
                "{'model':'m','messages':[{'role':'u','content':7}]} | messages[0].content: a number",
                "{'model':'m','messages':[{'role':'u','content':['x',null]}]} | messages[0].content[1]: null",
                "{'model':'m','messages':[{'role':'u','content':'a','content':'b'}]} | messages[0].content: given twice",
                "{'model':'m','messages':[{'role':'u','role':'b'}]} | messages[0].role: given twice",
                "{HI} | model: missing",
                "{'model':'',HI} | model: empty",
                "{'model':null,HI} | model: null",
                "{'model':['m'],HI} | model: an array",
                "{'model':'a\\u0000b',HI} | model: a control character",
                "{'model':'a\\ud800b',HI} | model: half a surrogate pair",
                "{'model':'m','model':'m',HI} | model: given twice",
                "{'model':'m','mod\\u0065l':'n',HI} | model: given twice",
                "{'stream':true,'model':'m',HI,'stream':true} | stream: given twice",
                "{'model':'m','max_tokens':1,HI,'max_tokens':1} | max_tokens: given twice",
                "{'model':'m',HI,HI} | messages: given twice",
                "{'model':'m','stream_options':1,HI} | stream_options: a number",
                "{'model':'m','stream_options':{'include_usage':'x'},HI} | stream_options.include_usage: a string",
                "{'model':'m','stream_options':{'include_usage':true,'include_usage':true},HI} | stream_options.include_usage: given twice",
                "{'model':'m','kv_transfer_params':{},HI} | kv_transfer_params: given by the client",
                "{'model':'m','bootstrap_host':'x',HI} | bootstrap_host: given by the client",
                "{'model':'m','cache_salt':1,HI} | cache_salt: a number",
                "{'model':'m','lora_path':[],HI} | lora_path: an array",
                "{'model':'m',HI}x | body: malformed JSON near byte 58, line 1, column 59 (expected: nothing after the object)",
                "{'model':'m',HI} {} | body: more at byte 58, line 1, column 59 (expected: nothing after the object)",
                "{'model':'m',HI} 7 | body: more at byte 58",
                "{'model':'m',HI} null | body: more at byte 58",
                "{'model':'m',HI}] | body: malformed JSON near byte 5",
                "{'model':'m',HI | body: cut off near byte 56",
                "{'model' 'm'} | body: malformed JSON near byte 9",
                "{'model':'m','x':secret} | body: malformed JSON near byte ",
                "{'model':'m','x':'\\q'} | (expected: a valid escape)",
                "{'model':'m','x':'\\u00g0'} | (expected: a valid escape)",
                "{'model':'m','x':01} | (expected: a number)",
                "{'model':'m','x':1.} | (expected: a number)",
                "{'model':'m','x':[1,]} | (expected: a value, ',' or ']')",
                "{'model':'m','x':1,} | (expected: a name, ':', a value, ',' or '}')",
                "[1] | body: not an object at byte 0 (expected: a JSON object)",
                "7 | body: not an object at byte 0",
                "<x> | body: not an object at byte 0",
            })
    void refusesAChatSayingWhere(String body, String message) {
        assertThat(refusal(body.replace("HI", HI))).contains(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "null | prompt: null",
                "'' | prompt: empty",
                "[] | prompt: empty",
                "{} | prompt: an object",
                "7 | prompt: a number",
                "['a',1] | prompt[1]: a number",
                "[1,'a'] | prompt[1]: a string",
                "[1.5] | prompt[0]: a number",
                "[-1] | prompt[0]: a number out of range",
                "[4294967296] | prompt[0]: a number out of range",
                "[99999999999999999999] | prompt[0]: a number out of range",
                "[[1],2] | prompt[1]: a number",
                "[[1],['a']] | prompt[1][0]: a string",
                "[[]] | prompt[0]: empty",
            })
    void refusesACompletionSayingWhere(String prompt, String message) {
        InferenceException refusal = catchThrowableOfType(
                InferenceException.class, () -> completion("{'model':'m','prompt':" + prompt + "}"));

        assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_REQUEST);
        assertThat(refusal).hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u00c3",
                "\u00c3(",
                "\u00c0\u00af",
                "\u00e0\u0080\u00af",
                "\u00ed\u00a0\u0080",
                "\u00f0\u0080\u0080\u00af",
                "\u00f4\u0090\u0080\u0080",
                "\u00f5\u0080\u0080\u0080",
                "\u0080",
                "\u00ff",
                "\u00fe",
                "\u00e2\u0082",
                "\u00c1\u00bf"
            })
    void refusesWhatIsNotUtf8(String octets) {
        byte[] body = json(
                "{'model':'m','messages':[{'role':'user','content':'" + "x".repeat(50) + octets + "'}]}", ISO_8859_1);

        assertThatThrownBy(() -> reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body)))
                .isInstanceOf(InferenceException.class)
                .hasMessageContaining("body: malformed text at byte 1");
    }

    @Test
    void refusesOtherEncodingsAndMarks() {
        for (byte[] body : new byte[][] {
            json("\ufeff{'model':'m'," + HI + "}", UTF_8),
            json("{'model':'m'," + HI + "}", UTF_16LE),
            json("\ufeff{'model':'m'," + HI + "}", UTF_16LE),
            json("{'model':'m'," + HI + "}", Charset.forName("UTF-16BE")),
            json("{'model':'m'," + HI + "}", Charset.forName("UTF-32BE")),
            json("{'model':'m'," + HI + "}", Charset.forName("UTF-32LE")),
        }) {
            assertThatThrownBy(
                            () -> reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body)))
                    .isInstanceOf(InferenceException.class)
                    .hasMessageContaining("without a byte order mark");
        }
    }

    @Test
    void refusesControlCharactersAndBodiesWithoutContent() {
        assertThat(refusal("{'model':'m','x':'a\u0000b'}")).contains("control characters in strings escaped");
        assertThat(refusal("{'model':'m',\u0000'x':'ab'}")).contains("body: malformed JSON near byte 14");
        assertThat(refusal("")).contains("body: empty");
        assertThat(refusal("  \n")).contains("body: not an object at byte 3");
    }

    @Test
    void neverRepeatsWhatTheClientWrote() {
        assertThat(refusal("{'model':'m','x':secret}")).doesNotContain("secret");
        assertThat(refusal("{'model':'m','x':'secret' 'secret'}")).doesNotContain("secret");
        assertThat(refusal("{'model':'m','x':'secret\\secret'}")).doesNotContain("secret");
        assertThat(catchThrowableOfType(InferenceException.class, () -> chat("{'x':secret}")))
                .hasNoCause();
    }

    @Test
    void refusesWhatIsNestedTooDeeply() {
        assertThat(refusal("{'x':" + "[".repeat(128) + "]".repeat(128) + "}")).contains("at most 128 levels");
        assertThat(refusal("{'x':" + "[".repeat(127) + "]".repeat(127) + "}")).contains("model: missing");
        assertThat(refusal("{'x':" + "[".repeat(100_000))).contains("at most 128 levels");
    }

    @Test
    void refusesNamesAndNumbersWithoutEnd() {
        assertThat(refusal("{'" + "x".repeat(9000) + "':1}")).contains("names up to 8192 bytes");
        assertThat(refusal("{'x':" + "1".repeat(2000) + "}")).contains("numbers up to 1000 digits");
        assertThat(refusal("{'model':'" + "m".repeat(257) + "'}"))
                .contains("model: too long (expected: at most 256 characters)");
        assertThat(refusal("{'model':'" + "m".repeat(100_000) + "'}")).contains("model: too long");
        assertThat(chat("{'model':'" + "é".repeat(256) + "'," + HI + "}")
                        .request()
                        .model())
                .hasSize(256);
    }

    @Test
    void leavesOtherApisUnread() {
        ClientBody body =
                reader.read("id", Api.PASSTHROUGH, RequestHeaders.NONE, RequestBytes.of(new byte[] {1, 2, 3}));

        assertThat(body.request().prompt()).isSameAs(Prompt.NONE);
        assertThat(body.request().model()).isEmpty();
        assertThat(body.request().bodyBytes()).isEqualTo(3);
        assertThat(body.usageSplices()).isEmpty();
    }

    private Prompt prompt(String prompt) {
        return completion("{'prompt':" + prompt + ",'model':'m'}").request().prompt();
    }

    private String refusal(String body) {
        InferenceException refusal = catchThrowableOfType(InferenceException.class, () -> chat(body));
        assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_REQUEST);
        return String.valueOf(refusal.getMessage());
    }

    private ClientBody chat(String body) {
        return reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(json(body, UTF_8)));
    }

    private ClientBody completion(String body) {
        return reader.read("id", Api.COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(json(body, UTF_8)));
    }

    private static byte[] json(String text, Charset charset) {
        return text.replace('\'', '"').getBytes(charset);
    }
}
