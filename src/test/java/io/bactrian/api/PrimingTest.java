package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceException;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrimingTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final BodyReader READER = new BodyReader(1 << 20);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static ClientBody read(String body) {
        Api api = body.contains("\"messages\"") ? Api.CHAT_COMPLETIONS : Api.COMPLETIONS;
        return READER.read("r", api, RequestHeaders.NONE, RequestBytes.of(body.getBytes(UTF_8)));
    }

    private static String primed(String body, String target) {
        List<Splice> splices = Priming.prime(read(body).places(), target).splices();
        return new String(Splice.apply(body.getBytes(UTF_8), splices), UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"prompt":"abc","model":"m"}|{"prompt":"abc","model":"m","max_tokens":1,"stream":false}
            {"model":"m","prompt":"abc","max_tokens":20,"min_tokens":5}|{"model":"m","prompt":"abc","max_tokens":1,"stream":false}
            {"min_tokens":5,"best_of":3,"model":"m","prompt":"a"}|{"model":"m","prompt":"a","max_tokens":1,"stream":false}
            { "min_tokens" : 5 , "n" : 2 , "use_beam_search":true, "model":"m","prompt":"a" }|{ "n" : 1 , "model":"m","prompt":"a" ,"max_tokens":1,"stream":false}
            {"stream":true,"stream_options":{"include_usage":true,"x":[1,{}]},"model":"m","prompt":"a"}|{"stream":false,"model":"m","prompt":"a","max_tokens":1}
            {"model":"m","prompt":"a","stream_options":null}|{"model":"m","prompt":"a","max_tokens":1,"stream":false}
            {"model":"m","min\\u005ftokens":3,"prompt":"a"}|{"model":"m","prompt":"a","max_tokens":1,"stream":false}
            {"model":"m","prompt":"a","x":12345678901234567890.10e+5,"y":"\\u00e9\\/","max_completion_tokens":9}|{"model":"m","prompt":"a","x":12345678901234567890.10e+5,"y":"\\u00e9\\/","max_completion_tokens":1,"max_tokens":1,"stream":false}
            """)
    void oneTokenAndNothingElseChanges(String body, String primed) {
        assertThat(primed(body, "/v1/completions")).isEqualTo(primed);
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, "/v1/completions", "/v1/messages"})
    void theThreeApisWithTokenLimitsArePrimedAlike(String target) {
        assertThat(primed(
                        "{\"model\":\"m\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                        target))
                .isEqualTo(
                        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":false}");
    }

    /** The worked traces of the responses and generate APIs. */
    @Test
    void theOtherApisNameTheirLimitsElsewhere() {
        assertThat(primed(
                        "{\"model\":\"demo\",\"prompt\":\"Hi\",\"max_output_tokens\":64,\"stream\":true}",
                        "/v1/responses"))
                .isEqualTo("{\"model\":\"demo\",\"prompt\":\"Hi\",\"max_output_tokens\":1,\"stream\":false}");
        assertThat(primed(
                        "{\"model\":\"demo\",\"prompt\":[1,2,3],\"sampling_params\":{\"max_tokens\":9,\"min_tokens\":2,\"temperature\":0}}",
                        "/inference/v1/generate"))
                .isEqualTo(
                        "{\"model\":\"demo\",\"prompt\":[1,2,3],\"sampling_params\":{\"max_tokens\":1,\"temperature\":0},\"stream\":false}");
        assertThat(primed("{\"model\":\"demo\",\"prompt\":[1]}", "/inference/v1/generate"))
                .isEqualTo(
                        "{\"model\":\"demo\",\"prompt\":[1],\"sampling_params\":{\"max_tokens\":1},\"stream\":false}");
        assertThat(primed(
                        "{\"model\":\"demo\",\"prompt\":[1],\"sampling_params\":{\"min_tokens\":2 }}",
                        "/inference/v1/generate"))
                .isEqualTo(
                        "{\"model\":\"demo\",\"prompt\":[1],\"sampling_params\":{ \"max_tokens\":1},\"stream\":false}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kv_transfer_params",
                "ec_transfer_params",
                "disaggregated_params",
                "disagg_prefill_resp",
                "bootstrap_host",
                "bootstrap_port",
                "bootstrap_room",
                "routed_dp_rank",
                "disagg_prefill_dp_rank"
            })
    void aClientNamesNoPeers(String member) {
        assertThatThrownBy(() ->
                        read("{\"model\":\"m\",\"prompt\":\"a\",\"" + member + "\":{\"remote_host\":\"10.0.0.9\"}}"))
                .isInstanceOf(InferenceException.class)
                .hasMessage(
                        member + ": given by the client (expected: nothing; the router decides where KV blocks move)");
    }

    @Test
    void aMemberThatIsRewrittenMayNotBeGivenTwice() {
        assertThatThrownBy(() -> read("{\"model\":\"m\",\"prompt\":\"a\",\"min_tokens\":1,\"min_tokens\":2}"))
                .hasMessage("min_tokens: given twice (expected: at most once)");
    }

    @Test
    void aNullThatTheClientGaveIsReplaced() {
        String body = "{\"kv_transfer_params\":null,\"model\":\"m\",\"prompt\":\"a\"}";
        List<Splice> splices = new BodyEdits(read(body).places())
                .set("kv_transfer_params", "{\"a\":1}")
                .splices();
        assertThat(new String(Splice.apply(body.getBytes(UTF_8), splices), UTF_8))
                .isEqualTo("{\"kv_transfer_params\":{\"a\":1},\"model\":\"m\",\"prompt\":\"a\"}");
    }

    private static final Map<String, List<String>> VALUES = Map.ofEntries(
            Map.entry("model", List.of("\"m\"")),
            Map.entry("prompt", List.of("\"a\\\"b\\\\\"", "[1,2]")),
            Map.entry("max_tokens", List.of("7", "null", "1e3")),
            Map.entry("max_completion_tokens", List.of("7")),
            Map.entry("min_tokens", List.of("2", "0")),
            Map.entry("min_completion_tokens", List.of("2")),
            Map.entry("n", List.of("1", "3")),
            Map.entry("best_of", List.of("3", "null")),
            Map.entry("use_beam_search", List.of("true")),
            Map.entry("stream", List.of("true", "false", "null")),
            Map.entry("stream_options", List.of("null", "{\"include_usage\":true}", "{}")),
            Map.entry("other", List.of("{\"n\":[1,{\"stream\":true}]}", "-0.0", "\"}\"")));

    /** Any order, any white space: the same as an edit of the tree. */
    @Property
    void primingEqualsAnEditOfTheTree(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        List<String> members = new ArrayList<>(List.of("model", "prompt"));
        VALUES.keySet().stream()
                .sorted()
                .filter(name -> !members.contains(name) && random.nextBoolean())
                .forEach(members::add);
        Collections.shuffle(members, random);
        String body = members.stream()
                .map(name -> space(random) + "\"" + name + "\"" + space(random) + ":" + space(random)
                        + value(name, random) + space(random))
                .collect(Collectors.joining(",", space(random) + "{", "}" + space(random)));

        ObjectNode expected = (ObjectNode) MAPPER.readTree(body);
        expected.put("max_tokens", 1).put("stream", false);
        for (String one : List.of("max_completion_tokens", "n")) {
            if (expected.has(one)) {
                expected.put(one, 1);
            }
        }
        expected.remove(List.of("min_tokens", "min_completion_tokens", "best_of", "use_beam_search", "stream_options"));
        JsonNode primed = MAPPER.readTree(primed(body, "/v1/completions"));

        assertThat(primed).isEqualTo(expected);
    }

    private static String value(String name, Random random) {
        List<String> values = VALUES.getOrDefault(name, List.of());
        return values.get(random.nextInt(values.size()));
    }

    private static String space(Random random) {
        return " \n\t\r".repeat(1).substring(0, random.nextInt(3));
    }
}
