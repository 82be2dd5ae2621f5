package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.fixture.Chunks;
import io.bactrian.fixture.CollectedPrompt;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Compares the reader with one that builds the whole tree, on random bodies that arrive in random pieces. */
class BodyReaderTwinTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final BodyReader reader = new BodyReader(1 << 20);

    @Property(tries = 1500)
    void readsAChatAsTheTreeSays(@ForAll Random random) throws IOException {
        String text = new RandomBody(random).chat();
        byte[] bytes = text.getBytes(UTF_8);
        JsonNode tree = MAPPER.readTree(bytes);

        ClientBody body = reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, pieces(bytes, random));

        InferenceRequest request = body.request();
        assertFacts(request, tree);
        String prompt = chatPrompt(tree);
        assertThat(CollectedPrompt.of(request.prompt(), 0).string()).as(text).isEqualTo(prompt);
        assertThat(request.prompt().estimatedTokens()).as(text).isEqualTo((prompt.getBytes(UTF_8).length + 3) / 4);
        assertPatched(bytes, body, tree);
    }

    @Property(tries = 500)
    void readsACompletionAsTheTreeSays(@ForAll Random random) throws IOException {
        String text = new RandomBody(random).completion();
        byte[] bytes = text.getBytes(UTF_8);
        JsonNode tree = MAPPER.readTree(bytes);

        ClientBody body = reader.read("id", Api.COMPLETIONS, RequestHeaders.NONE, pieces(bytes, random));

        InferenceRequest request = body.request();
        assertFacts(request, tree);
        List<List<JsonNode>> prompts = prompts(tree.get("prompt"));
        assertThat(request.prompt().count()).as(text).isEqualTo(prompts.size());
        for (int i = 0; i < prompts.size(); i++) {
            CollectedPrompt read = CollectedPrompt.of(request.prompt(), i);
            List<JsonNode> expected = prompts.get(i);
            if (expected.get(0).isTextual()) {
                assertThat(read.string()).as(text).isEqualTo(expected.get(0).textValue());
            } else {
                assertThat(read.tokenIds())
                        .as(text)
                        .isEqualTo(expected.stream().map(JsonNode::longValue).toList());
            }
        }
        assertPatched(bytes, body, tree);
    }

    private static RequestBytes pieces(byte[] bytes, Random random) {
        int[] lengths = {1, 7, 64, 100_000};
        return Chunks.body(bytes, lengths[random.nextInt(lengths.length)], random);
    }

    private static void assertFacts(InferenceRequest request, JsonNode tree) {
        assertThat(request.model()).isEqualTo(tree.get("model").textValue());
        assertThat(request.stream())
                .isEqualTo(tree.path("stream").equals(MAPPER.getNodeFactory().booleanNode(true)));
        assertThat(request.includeUsage())
                .isEqualTo(tree.path("stream_options").path("include_usage").asBoolean());
        assertThat(request.cacheSalt()).isEqualTo(tree.path("cache_salt").asText(""));
        assertThat(request.maxOutputTokens().isPresent())
                .isEqualTo(tree.path("max_tokens").isInt());
    }

    private static void assertPatched(byte[] bytes, ClientBody body, JsonNode tree) throws IOException {
        List<Splice> splices = new ArrayList<>(body.usageSplices());
        splices.add(body.renameModel("other \"\\ é"));
        splices.sort((left, right) -> Integer.compare(left.offset(), right.offset()));
        JsonNode patched = MAPPER.readTree(Splice.apply(bytes, splices));

        ObjectNode expected = tree.deepCopy();
        expected.put("model", "other \"\\ é");
        if (body.request().stream()) {
            expected.withObject("/stream_options").put("include_usage", true);
        }
        assertThat(patched).isEqualTo(expected);
    }

    private static String chatPrompt(JsonNode tree) {
        StringBuilder prompt = new StringBuilder();
        if (tree.path("tools").isArray()) {
            prompt.append(tree.get("tools"));
        }
        for (JsonNode message : tree.get("messages")) {
            prompt.append(message.get("role").textValue());
            message.properties().forEach(member -> {
                switch (member.getKey()) {
                    case "content" -> content(member.getValue(), prompt);
                    case "name", "tool_call_id" ->
                        prompt.append(member.getValue().textValue());
                    case "tool_calls" -> prompt.append(member.getValue());
                    default -> {}
                }
            });
        }
        return prompt.toString();
    }

    private static void content(JsonNode content, StringBuilder prompt) {
        if (content.isTextual()) {
            prompt.append(content.textValue());
        }
        for (JsonNode part : content) {
            prompt.append(
                    part.isTextual() ? part.textValue() : part.path("text").asText(""));
        }
    }

    /** Returns the prompts, each as its one string or its token ids. */
    private static List<List<JsonNode>> prompts(JsonNode prompt) {
        List<JsonNode> elements = new ArrayList<>();
        prompt.forEach(elements::add);
        if (prompt.isTextual()) {
            return List.of(List.of(prompt));
        }
        if (elements.get(0).isNumber()) {
            return List.of(elements);
        }
        List<List<JsonNode>> prompts = new ArrayList<>();
        for (JsonNode element : elements) {
            List<JsonNode> inner = new ArrayList<>();
            element.forEach(inner::add);
            prompts.add(element.isTextual() ? List.of(element) : inner);
        }
        return prompts;
    }

    /** Writes random bodies with every freedom that JSON gives. */
    private record RandomBody(Random random) {

        String chat() {
            List<String> members = common();
            List<String> messages = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                messages.add(message());
            }
            members.add(member("messages", array(messages)));
            if (random.nextInt(3) == 0) {
                // Raw JSON enters the prompt as written, so it is written the way the tree prints it.
                members.add(member("tools", "[{\"name\":\"t\\n\",\"x\":[1,{}]}]"));
            }
            return object(members);
        }

        String completion() {
            List<String> members = common();
            List<String> parts = new ArrayList<>();
            int kind = random.nextInt(4);
            for (int i = random.nextInt(4); i >= 0; i--) {
                parts.add(
                        switch (kind) {
                            case 1 -> string();
                            case 2 -> tokenId();
                            default -> array(List.of(tokenId(), tokenId()));
                        });
            }
            members.add(member("prompt", kind == 0 ? "\"x" + string().substring(1) : array(parts)));
            return object(members);
        }

        private List<String> common() {
            List<String> members = new ArrayList<>();
            members.add(
                    member("model", List.of("\"m\"", "\"a\\u0062\\/\"", "\"é\"").get(random.nextInt(3))));
            maybe(members, "stream", "true", "true", "true", "false", "null", "\"true\"", "{\"true\":[]}");
            maybe(
                    members,
                    "stream_options",
                    "null",
                    "{}",
                    "{ \"x\" : 1 }",
                    "{\"include_usage\" :true}",
                    "{\"x\":[{}],\"include_usage\": false }",
                    "{\"include_usage\":null,\"x\":0}");
            maybe(members, "max_tokens", "5", "0", "\"5\"", "null", "[]");
            maybe(members, "cache_salt", "\"s\"", "null", "\"\\u20ac\"");
            maybe(
                    members,
                    string().substring(1, 2) + "key",
                    "{\"model\":1,\"messages\":[]}",
                    "-1.5e3",
                    "9007199254740993",
                    string());
            return members;
        }

        private void maybe(List<String> members, String name, String... values) {
            if (random.nextBoolean() && !name.contains("\\") && !name.contains("\"")) {
                members.add(member(name, values[random.nextInt(values.length)]));
            }
        }

        private String message() {
            List<String> members = new ArrayList<>();
            members.add(member("role", string()));
            switch (random.nextInt(4)) {
                case 0 -> members.add(member("content", string()));
                case 1 -> members.add(member("content", "null"));
                case 2 ->
                    members.add(member(
                            "content",
                            array(List.of(
                                    string(),
                                    object(new ArrayList<>(
                                            List.of(member("type", "\"text\""), member("text", string()))))))));
                default -> {}
            }
            if (random.nextInt(3) == 0) {
                members.add(member("tool_calls", "[{\"id\":\"x\",\"a\":null}]"));
            }
            if (random.nextInt(3) == 0) {
                members.add(member("tool_call_id", string()));
            }
            if (random.nextInt(3) == 0) {
                members.add(member("ignored", "{\"content\":[\"x\"]}"));
            }
            return object(members);
        }

        private String object(List<String> members) {
            Collections.shuffle(members, random);
            return space() + "{" + space() + String.join(space() + "," + space(), members) + space() + "}" + space();
        }

        private String array(List<String> values) {
            return "[" + space() + String.join(space() + "," + space(), values) + space() + "]";
        }

        private String member(String name, String value) {
            return "\"" + name + "\"" + space() + ":" + space() + value;
        }

        private String tokenId() {
            return Long.toString(random.nextInt(4) == 0 ? 0xFFFFFFFFL - random.nextInt(5) : random.nextInt(200_000));
        }

        private String string() {
            List<String> pieces = List.of(
                    "a",
                    "words and words ",
                    "\\n",
                    "\\\"",
                    "\\\\",
                    "\\/",
                    "\\t\\r\\b\\f",
                    "é",
                    "€",
                    "😀",
                    "\\u0041",
                    "\\u00e9",
                    "\\u20AC",
                    "\\ud83d\\ude00",
                    "\\u0000",
                    "]",
                    "}",
                    ",",
                    ":",
                    "{",
                    "'",
                    "\u007f",
                    "\ufeff");
            StringBuilder text = new StringBuilder("\"");
            int length = random.nextInt(random.nextInt(20) == 0 ? 3000 : 8);
            for (int i = 0; i < length; i++) {
                text.append(pieces.get(random.nextInt(pieces.size())));
            }
            return text.append('"').toString();
        }

        private String space() {
            return List.of("", "", "", " ", "\n", "\r\n\t ").get(random.nextInt(6));
        }
    }
}
