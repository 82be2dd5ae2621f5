package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.fixture.Chunks;
import io.bactrian.fixture.CollectedPrompt;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.request.Api;
import io.bactrian.request.Conversation;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the clients have sent, against a slow reader of the same bodies as a tree. */
class RecordedRequestsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final RequestPaths paths = new RequestPaths(List.of());
    private final BodyReader reader = new BodyReader(1 << 20);

    static List<RecordedApis.Request> requests() {
        return RecordedApis.requests();
    }

    @ParameterizedTest
    @MethodSource("requests")
    void readsWhatTheTreeSays(RecordedApis.Request recorded) throws IOException {
        Api api = paths.classify(recorded.path()).api();
        JsonNode tree = MAPPER.readTree(recorded.body());

        InferenceRequest read = reader.read(
                        "id", api, RequestHeaders.NONE, Chunks.body(recorded.body(), 7, new Random(1)))
                .request();

        assertThat(read.model()).isEqualTo(tree.path("model").asText());
        assertThat(read.stream()).isEqualTo(recorded.streams());
        assertThat(read.maxOutputTokens()).isEqualTo(limit(tree));
        assertThat(read.cacheSalt())
                .isEqualTo(tree.path("cache_salt").asText(tree.path("extra_key").asText()));
        assertThat(conversation(read))
                .isEqualTo(tree.path("previous_response_id")
                        .asText(tree.path("conversation").asText()));
        List<PromptTwin> expected = PromptTwin.of(api, tree);
        assertThat(read.prompt().count()).isEqualTo(expected.size());
        int tokens = 0;
        for (int i = 0; i < expected.size(); i++) {
            CollectedPrompt prompt = CollectedPrompt.of(read.prompt(), i);
            assertThat(prompt.tokenIds()).isEqualTo(expected.get(i).tokenIds());
            assertThat(prompt.string()).isEqualTo(new String(expected.get(i).bytes(), UTF_8));
            assertThat(prompt.bytes()).isEqualTo(expected.get(i).bytes());
            // What stands beside token ids says which pictures some of them are.
            boolean hasIds = !prompt.tokenIds().isEmpty();
            tokens += hasIds ? prompt.tokenIds().size() : (prompt.bytes().length + 3) / 4;
        }
        assertThat(read.prompt().estimatedTokens()).isCloseTo(tokens, within(2)); // a picture begins on a whole token
    }

    @ParameterizedTest
    @MethodSource("requests")
    void renamesTheModelAsATreeEditDoes(RecordedApis.Request recorded) throws IOException {
        Api api = paths.classify(recorded.path()).api();
        ObjectNode tree = (ObjectNode) MAPPER.readTree(recorded.body());
        ClientBody read = reader.read("id", api, RequestHeaders.NONE, RequestBytes.of(recorded.body()));

        if (tree.has("model")) {
            byte[] patched = Splice.apply(recorded.body(), List.of(read.renameModel("other \"é")));
            assertThat(MAPPER.readTree(patched)).isEqualTo(tree.put("model", "other \"é"));
        } else {
            assertThat(read.modelEnd()).isZero();
        }
    }

    private static String conversation(InferenceRequest read) {
        String id = read.attributes().get(Conversation.ID);
        return id == null ? "" : id;
    }

    private static OptionalInt limit(JsonNode tree) {
        for (String name : List.of("max_completion_tokens", "max_tokens", "max_output_tokens")) {
            if (tree.has(name)) {
                return OptionalInt.of(tree.get(name).asInt());
            }
        }
        JsonNode sampling = tree.path("sampling_params");
        int max = sampling.path("max_tokens")
                .asInt(sampling.path("max_new_tokens").asInt(-1));
        return max < 0 ? OptionalInt.empty() : OptionalInt.of(max);
    }
}
