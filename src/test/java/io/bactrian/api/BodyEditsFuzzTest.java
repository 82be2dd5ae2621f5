package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.fixture.FuzzInput;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.StrictJson;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceException;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever body is edited, by whichever edits: the same comes out as if its tree were edited and written. */
class BodyEditsFuzzTest {
    private static final List<String> KEYS = List.of(
            "stream", "stream_options", "max_tokens", "max_completion_tokens", "kv_transfer_params", "min_tokens", "n");
    private static final String NAME = "other \"\\ é";

    private final BodyReader reader = new BodyReader(1 << 20);

    static Stream<byte[]> recorded() {
        return RecordedApis.requests().stream()
                .filter(request -> !request.name().startsWith("sglang"))
                .map(request -> new FuzzInput(request.name().hashCode(), 7, request.body()).bytes());
    }

    @MethodSource("recorded")
    @FuzzTest(maxDuration = "")
    void splicesAsATreeIsEdited(byte[] input) throws IOException, StrictJson.Ambiguous {
        FuzzInput given = FuzzInput.of(input);
        byte[] body = given.payload();
        ClientBody read;
        try {
            // Of all APIs the one that asks the least of a body.
            read = reader.read("id", Api.TOKENIZE, RequestHeaders.NONE, RequestBytes.of(body));
        } catch (InferenceException e) {
            return; // the reader's business
        }
        if (!(StrictJson.readOrNull(body) instanceof ObjectNode tree)) {
            return; // a name is given twice
        }
        BodyEdits edits = new BodyEdits(read.places());
        Random random = new Random(given.choice());
        for (String key : KEYS) {
            switch (random.nextInt(5)) {
                case 0 -> {
                    edits.set(key, "[1]");
                    tree.set(key, tree.arrayNode().add(1));
                }
                case 1 -> {
                    edits.setIfPresent(key, "{}");
                    if (tree.has(key)) {
                        tree.set(key, tree.objectNode());
                    }
                }
                case 2, 3 -> {
                    edits.remove(key);
                    tree.remove(key);
                }
                default -> {}
            }
        }
        if (tree.path("sampling_params").isObject()) {
            edits.inside(
                    "sampling_params", inside -> inside.set("max_tokens", "1").remove("n"));
            ((ObjectNode) tree.get("sampling_params")).put("max_tokens", 1).remove("n");
        }
        List<Splice> splices = edits.splices();
        if (read.modelEnd() > 0) {
            splices = BodyEdits.merge(splices, List.of(read.renameModel(NAME)));
            tree.put("model", NAME);
        }

        // Their texts, for the order of members counts.
        String written = StrictJson.read(Splice.apply(body, splices)).toString();
        assertThat(written).isEqualTo(tree.toString());
    }
}
