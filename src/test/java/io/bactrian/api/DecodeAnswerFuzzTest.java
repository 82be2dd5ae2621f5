package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.fixture.FuzzInput;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.StrictJson;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a decode endpoint answers: corrected as a tree would be, or left alone. */
class DecodeAnswerFuzzTest {
    private static final int CACHED = 7;

    static Stream<byte[]> answers() {
        return RecordedApis.requests().stream()
                .filter(request -> !request.streams())
                .map(request -> new FuzzInput(0, 0, request.answer()).bytes());
    }

    @MethodSource("answers")
    @FuzzTest(maxDuration = "")
    void correctsAsATreeIsEdited(byte[] input) throws IOException, StrictJson.Ambiguous {
        byte[] answer = FuzzInput.of(input).payload();

        byte[] corrected = DecodeAnswer.correct(answer, new AnswerCorrection(CACHED, ""));

        JsonNode tree = StrictJson.readOrNull(answer);
        if (tree != null) { // else it is enough that nothing is thrown
            edit(tree);
            // Their texts, for the order of members counts.
            assertThat(StrictJson.read(corrected).toString()).isEqualTo(tree.toString());
        }
    }

    private static void edit(JsonNode tree) {
        if (tree instanceof ObjectNode root) {
            root.remove("kv_transfer_params");
            if (root.get("usage") instanceof ObjectNode usage) {
                if (usage.get("prompt_tokens_details") instanceof ObjectNode details) {
                    put(details, "cached_tokens", IntNode.valueOf(CACHED));
                } else {
                    put(
                            usage,
                            "prompt_tokens_details",
                            JsonNodeFactory.instance.objectNode().put("cached_tokens", CACHED));
                }
            }
        }
    }

    /** Puts a member in the place of the one called so, or before all others. */
    private static void put(ObjectNode object, String name, JsonNode value) {
        if (object.has(name)) {
            object.set(name, value);
            return;
        }
        ObjectNode others = object.deepCopy();
        object.removeAll();
        object.set(name, value);
        object.setAll(others);
    }
}
