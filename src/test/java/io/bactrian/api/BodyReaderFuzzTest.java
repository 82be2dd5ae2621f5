package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.fixture.Allocations;
import io.bactrian.fixture.CollectedPrompt;
import io.bactrian.fixture.FuzzInput;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.StrictJson;
import io.bactrian.request.Api;
import io.bactrian.request.Conversation;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a client sends: refused with a short word, or read as a slow reader of the tree reads it, in memory that its length bounds. */
class BodyReaderFuzzTest {
    private static final List<Api> APIS =
            Stream.of(Api.values()).filter(Api::isJson).toList();

    /** What a reader needs whatever the body is: its parser's buffers. */
    private static final int FIXED_BYTES = 128 * 1024;

    /** Of a body of empty prompts, each three bytes long, every place is noted, in arrays that grow to twice their size. */
    private static final int BYTES_PER_BODY_BYTE = 32;

    private static final BodyReader READER = new BodyReader(1 << 20);

    static Stream<byte[]> recorded() {
        RequestPaths paths = new RequestPaths(List.of());
        return RecordedApis.requests().stream().map(request -> new FuzzInput(
                        APIS.indexOf(paths.classify(request.path()).api()), 7, request.body())
                .bytes());
    }

    @MethodSource("recorded")
    @FuzzTest(maxDuration = "")
    void readsAsTheTreeDoesOrRefuses(byte[] input) throws IOException {
        FuzzInput given = FuzzInput.of(input);
        Api api = given.choose(APIS);
        byte[] body = given.payload();

        Reading whole = Reading.of(api, RequestBytes.of(body));

        long limit = FIXED_BYTES + (long) BYTES_PER_BODY_BYTE * body.length;
        Allocations.assertBelow(limit, () -> Reading.read(api, RequestBytes.of(body)));
        Reading pieces = Reading.of(api, new RequestBytes.ArrayBytes(given.pieces(), body.length));
        assertThat(pieces.outcome()).isEqualTo(whole.outcome());
        if (whole.body() == null) {
            return;
        }
        JsonNode tree = treeOf(body);
        byte[] canonical = tree == null ? null : written(tree);
        if (tree == null || canonical == null) {
            return;
        }
        assertFacts(tree, whole.body());
        Reading again = Reading.of(api, RequestBytes.of(canonical));
        if (again.body() == null) {
            // A number may take more digits than it took.
            assertThat(again.outcome()).contains("over a limit");
            return;
        }
        assertFacts(tree, again.body());
        assertPrompts(api, tree, again.body().request());
    }

    @MethodSource("recorded")
    @FuzzTest(maxDuration = "")
    void takesForAnObjectWhatIsOne(byte[] input) {
        FuzzInput given = FuzzInput.of(input);
        JsonNode tree = StrictJson.readOrNull(given.payload());
        try {
            READER.check(new RequestBytes.ArrayBytes(given.pieces(), given.payload().length));
        } catch (InferenceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST);
            boolean isObject = tree != null && tree.isObject();
            assertThat(isObject && !String.valueOf(e.getMessage()).contains("over a limit"))
                    .as(e.getMessage())
                    .isFalse();
        }
    }

    /** Returns the tree of a body that was read; null where nobody can say what it means. */
    private static @Nullable JsonNode treeOf(byte[] json) throws IOException {
        try {
            JsonNode tree = StrictJson.read(json);
            assertThat(tree.isObject()).isTrue();
            return tree;
        } catch (StrictJson.Ambiguous e) {
            return null;
        }
    }

    /** Returns {@code tree} as it prints itself; null if it holds half a character, which cannot be written. */
    private static byte @Nullable [] written(JsonNode tree) {
        byte[] json = tree.toString().getBytes(UTF_8);
        return tree.equals(StrictJson.readOrNull(json)) ? json : null;
    }

    private static void assertFacts(JsonNode tree, ClientBody read) {
        InferenceRequest request = read.request();
        Api api = request.api();
        assertThat(request.model()).isEqualTo(text(tree, "model"));
        assertThat(request.stream())
                .isEqualTo(
                        tree.path("stream").asBoolean() && tree.path("stream").isBoolean());
        assertThat(request.adapter()).isEqualTo(text(tree, "lora_path"));
        if (api != Api.SGLANG_GENERATE) {
            assertThat(request.cacheSalt()).isEqualTo(text(tree, "cache_salt"));
        }
        if (api == Api.RESPONSES && !tree.has("conversation")) {
            String id = request.attributes().get(Conversation.ID);
            assertThat(id == null ? "" : id).isEqualTo(text(tree, "previous_response_id"));
        }
        if (api.isCompletion()) {
            assertThat(request.includeUsage())
                    .isEqualTo(tree.path("stream_options").path("include_usage").asBoolean());
            JsonNode first = tree.path("max_completion_tokens");
            JsonNode second = tree.path("max_tokens");
            int limit = api == Api.CHAT_COMPLETIONS && whole(first) >= 0 ? whole(first) : whole(second);
            assertThat(request.maxOutputTokens().orElse(-1)).isEqualTo(limit);
        }
        assertThat(read.choices()).isGreaterThanOrEqualTo(1);
    }

    private static String text(JsonNode tree, String name) {
        return tree.path(name).isTextual() ? tree.get(name).textValue() : "";
    }

    private static int whole(JsonNode number) {
        if (!number.isNumber()) {
            return -1;
        }
        double value = number.doubleValue();
        return value >= 0 && value == Math.rint(value) ? (int) Math.min(Integer.MAX_VALUE, value) : -1;
    }

    private static void assertPrompts(Api api, JsonNode tree, InferenceRequest request) {
        if (api == Api.EMBEDDINGS && tree.has("input") && tree.has("messages")) {
            return; // one or the other is meant; which one, no model server says
        }
        List<PromptTwin> expected = PromptTwin.of(api, tree);
        assertThat(request.prompt().count()).isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            CollectedPrompt prompt = CollectedPrompt.of(request.prompt(), i);
            assertThat(prompt.tokenIds()).isEqualTo(expected.get(i).tokenIds());
            assertThat(prompt.bytes()).isEqualTo(expected.get(i).bytes());
        }
        assertThat(request.prompt().estimatedTokens()).isNotNegative();
    }

    /**
     * What came of reading a body.
     *
     * @param body what was read; null if it was refused
     * @param outcome the same as a text, or the word of refusal
     */
    private record Reading(@Nullable ClientBody body, String outcome) {
        static Reading of(Api api, RequestBytes bytes) {
            Object read = read(api, bytes);
            return read instanceof ClientBody body
                    ? new Reading(body, described(body))
                    : new Reading(null, read.toString());
        }

        /** Returns the body, or the word of refusal. */
        static Object read(Api api, RequestBytes bytes) {
            try {
                return READER.read("id", api, RequestHeaders.NONE, bytes);
            } catch (InferenceException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST);
                assertThat(e.getMessage()).hasSizeLessThan(300).isPrintable();
                return String.valueOf(e.getMessage());
            }
        }

        private static String described(ClientBody body) {
            InferenceRequest request = body.request();
            StringBuilder text = new StringBuilder()
                    .append(List.of(request.model(), request.adapter(), request.cacheSalt(), request.stream()))
                    .append(List.of(request.includeUsage(), request.maxOutputTokens(), body.choices()))
                    .append(List.of(body.modelStart(), body.modelEnd(), body.usageSplices()))
                    .append(request.prompt().estimatedTokens())
                    .append(request.prompt().media());
            for (int i = 0; i < request.prompt().count(); i++) {
                CollectedPrompt prompt = CollectedPrompt.of(request.prompt(), i);
                text.append('\n').append(prompt.tokenIds()).append(prompt.string());
            }
            return text.toString();
        }
    }
}
