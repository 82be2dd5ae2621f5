package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.fixture.FuzzInput;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.StrictJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a decode endpoint answers: the first token stands before its text as a tree would be edited, or it is refused. */
class TokenInFrontFuzzTest {
    private static final String TEXT = " \"é";

    static Stream<byte[]> answers() {
        Stream<byte[]> completions = Stream.of(
                        "{\"choices\":[{\"index\":0,\"text\":\"a\\n\",\"finish_reason\":\"stop\"}],"
                                + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":6,\"total_tokens\":9}}",
                        "{\"usage\":{\"prompt_tokens\":0},\"choices\":[{\"text\":\"\"}],\"choices2\":[]}")
                .map(json -> json.getBytes(StandardCharsets.UTF_8));
        Stream<byte[]> recorded = RecordedApis.requests().stream()
                .filter(request -> !request.streams())
                .map(request -> request.answer());
        return Stream.concat(completions, recorded).map(answer -> new FuzzInput(0, 0, answer).bytes());
    }

    @MethodSource("answers")
    @FuzzTest(maxDuration = "")
    void completesAsATreeIsEdited(byte[] input) throws IOException, StrictJson.Ambiguous {
        byte[] answer = FuzzInput.of(input).payload();
        JsonNode tree = StrictJson.readOrNull(answer);
        byte[] complete;
        try {
            complete = new TokenInFront(TEXT).complete(answer);
        } catch (IOException e) {
            assertThat(tree == null || !edit(tree)).isTrue();
            return;
        }
        if (tree != null) { // else it is enough that nothing else is thrown
            assertThat(edit(tree)).isTrue();
            assertThat(StrictJson.read(complete).toString()).isEqualTo(tree.toString());
        }
    }

    private static boolean edit(JsonNode tree) {
        if (!(tree.path("choices") instanceof ArrayNode choices)
                || choices.size() != 1
                || !(choices.get(0) instanceof ObjectNode choice)
                || !choice.path("text").isTextual()) {
            return false;
        }
        choice.put("text", TEXT + choice.get("text").textValue());
        if (tree.path("usage") instanceof ObjectNode usage) {
            count(usage, "completion_tokens", 1);
            count(usage, "prompt_tokens", -1);
        }
        return true;
    }

    private static void count(ObjectNode usage, String name, int more) {
        JsonNode count = usage.path(name);
        if (count.isIntegralNumber() && count.canConvertToInt()) {
            usage.put(name, Math.max(0, count.longValue() + more));
        }
    }
}
