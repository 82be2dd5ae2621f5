package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.request.Api;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a model reads, taken from a body's tree: slow and plain. JSON enters a prompt as the tree prints it. */
final class PromptTwin {
    private static final Set<String> TURN_JSON =
            Set.of("name", "tool_calls", "tool_call_id", "arguments", "call_id", "reasoning", "summary");
    private static final Set<String> PART_JSON =
            Set.of("text", "thinking", "id", "name", "input", "tool_use_id", "refusal", "file", "input_audio");

    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final List<Long> tokenIds = new ArrayList<>();

    private PromptTwin() {}

    byte[] bytes() {
        return text.toByteArray();
    }

    List<Long> tokenIds() {
        return tokenIds;
    }

    static List<PromptTwin> of(Api api, JsonNode body) {
        return switch (api) {
            case CHAT_COMPLETIONS ->
                List.of(new PromptTwin()
                        .any(body.get("tools"))
                        .any(body.get("documents"))
                        .turns(body.get("messages")));
            case MESSAGES, MESSAGES_COUNT_TOKENS ->
                List.of(new PromptTwin()
                        .any(body.get("tools"))
                        .content(body.get("system"))
                        .turns(body.get("messages")));
            case RESPONSES -> {
                PromptTwin prompt = new PromptTwin().any(body.get("tools")).any(body.get("instructions"));
                JsonNode input = body.get("input");
                yield List.of(input.isTextual() ? prompt.any(input) : prompt.turns(input));
            }
            case CONVERSATIONS -> List.of(new PromptTwin().turns(body.get("items")));
            case COMPLETIONS, IMAGES -> prompts(body.get("prompt"));
            case EMBEDDINGS -> prompts(body.get("input"));
            case GENERATE -> List.of(new PromptTwin().any(body.get("features")).tokens(body.get("token_ids")));
            case SGLANG_GENERATE -> prompts(body.has("text") ? body.get("text") : body.get("input_ids"));
            default -> List.of();
        };
    }

    private static List<PromptTwin> prompts(JsonNode given) {
        if (given.isTextual()) {
            return List.of(new PromptTwin().any(given));
        }
        if (given.get(0).isNumber()) {
            return List.of(new PromptTwin().tokens(given));
        }
        List<PromptTwin> prompts = new ArrayList<>();
        given.forEach(one -> prompts.add(one.isTextual() ? new PromptTwin().any(one) : new PromptTwin().tokens(one)));
        return prompts;
    }

    private PromptTwin tokens(JsonNode ids) {
        ids.forEach(id -> tokenIds.add(id.longValue()));
        return this;
    }

    private PromptTwin any(@Nullable JsonNode value) {
        if (value != null && value.isTextual()) {
            text.writeBytes(value.textValue().getBytes(UTF_8));
        } else if (value != null && value.isContainerNode()) {
            text.writeBytes(value.toString().getBytes(UTF_8));
        }
        return this;
    }

    private PromptTwin turns(JsonNode turns) {
        for (JsonNode turn : turns) {
            any(turn.get("role")); // first, wherever it stands
            for (Map.Entry<String, JsonNode> member : turn.properties()) {
                if (member.getKey().equals("content") || member.getKey().equals("output")) {
                    content(member.getValue());
                } else if (TURN_JSON.contains(member.getKey())) {
                    any(member.getValue());
                }
            }
        }
        return this;
    }

    private PromptTwin content(@Nullable JsonNode content) {
        if (content == null || content.isTextual()) {
            return any(content);
        }
        for (JsonNode part : content) {
            for (Map.Entry<String, JsonNode> member : part.properties()) {
                String name = member.getKey();
                JsonNode value = member.getValue();
                boolean isBilling = name.equals("text") && value.asText().startsWith("x-anthropic-billing-header");
                if (name.equals("image_url") || name.equals("source")) {
                    image(value);
                } else if (name.equals("content")) {
                    content(value);
                } else if (PART_JSON.contains(name) && !isBilling) {
                    any(value);
                }
            }
        }
        return this;
    }

    private void image(JsonNode source) {
        byte[] digest;
        try {
            digest = MessageDigest.getInstance("SHA-256")
                    .digest(source.toString().getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        while (text.size() % 4 != 0) {
            text.write(0);
        }
        // The recorded picture is one of 1024 x 512; one at an address counts as 640 x 360.
        int bytes = 4 * (source.toString().contains("iVBOR") ? 512 : 225);
        for (int i = 0; i < bytes; i++) {
            text.write(digest[i % digest.length]);
        }
    }
}
