package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.api.Spans.Kind;
import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a model reads, taken from a body's tree: slow and plain. JSON enters a prompt as the tree prints it, so that a body must be
 * written so to be compared. What a picture weighs is not its business.
 */
final class PromptTwin {
    private static final Set<String> TURN = Set.of(
            "name",
            "reasoning",
            "reasoning_content",
            "refusal",
            "tool_calls",
            "tool_call_id",
            "function_call",
            "arguments",
            "call_id",
            "summary");
    private static final Set<String> PART = Set.of(
            "text",
            "thinking",
            "refusal",
            "id",
            "name",
            "input",
            "tool_use_id",
            "file",
            "file_id",
            "file_data",
            "filename");
    private static final Set<String> SOUND = Set.of("audio_url", "input_audio", "audio_embeds");
    private static final Set<String> IMAGE = Set.of("image_url", "image_embeds", "source");

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
            case COMPLETIONS, IMAGES -> prompts(new PromptTwin(), body.get("prompt"));
            case EMBEDDINGS ->
                body.has("input")
                        ? prompts(new PromptTwin(), body.get("input"))
                        : List.of(new PromptTwin().turns(body.get("messages")));
            case GENERATE -> prompts(new PromptTwin().any(body.get("features")), body.get("token_ids"));
            case SGLANG_GENERATE ->
                prompts(
                        new PromptTwin().images(body.get("image_data")),
                        body.hasNonNull("text") ? body.get("text") : body.get("input_ids"));
            default -> List.of();
        };
    }

    /** Returns what is {@code given}, behind what {@code begun} holds if it is one prompt. */
    private static List<PromptTwin> prompts(PromptTwin begun, JsonNode given) {
        if (given.isTextual()) {
            return List.of(begun.any(given));
        }
        if (given.get(0).isNumber()) {
            return List.of(begun.tokens(given));
        }
        List<PromptTwin> prompts = new ArrayList<>();
        for (JsonNode one : given) {
            PromptTwin prompt = given.size() == 1 ? begun : new PromptTwin();
            prompts.add(one.isTextual() ? prompt.any(one) : prompt.tokens(one));
        }
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

    private PromptTwin images(@Nullable JsonNode given) {
        if (given != null && given.isArray()) {
            given.forEach(one -> media(Kind.IMAGE, one));
        } else if (given != null) {
            media(Kind.IMAGE, given);
        }
        return this;
    }

    private PromptTwin turns(JsonNode turns) {
        for (JsonNode turn : turns) {
            any(turn.get("role")); // first, wherever it stands
            for (Map.Entry<String, JsonNode> member : turn.properties()) {
                if (member.getKey().equals("content") || member.getKey().equals("output")) {
                    content(member.getValue());
                } else if (TURN.contains(member.getKey())) {
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
            if (part.isTextual()) {
                any(part);
            }
            part.properties().forEach(member -> part(member.getKey(), member.getValue()));
        }
        return this;
    }

    private void part(String name, JsonNode value) {
        boolean isBilling = name.equals("text") && value.asText().startsWith("x-anthropic-billing-header");
        if (IMAGE.contains(name)) {
            media(Kind.IMAGE, value);
        } else if (name.equals("video_url")) {
            media(Kind.VIDEO, value);
        } else if (SOUND.contains(name)) {
            if (value.isTextual() || value.isContainerNode()) {
                text.writeBytes(value.toString().getBytes(UTF_8));
            }
        } else if (name.equals("content") && !value.isObject()) {
            content(value);
        } else if ((name.equals("content") || PART.contains(name)) && !isBilling) {
            any(value);
        }
    }

    private void media(Kind kind, JsonNode source) {
        if (!source.isTextual() && !source.isContainerNode()) {
            return;
        }
        byte[] json = source.toString().getBytes(UTF_8);
        byte[] digest;
        try {
            digest = MessageDigest.getInstance("SHA-256").digest(json);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        while (text.size() % 4 != 0) {
            text.write(0);
        }
        int bytes = 4 * MediaTokens.of(kind, new ByteViews(RequestBytes.of(json)), 0, json.length);
        for (int i = 0; i < bytes; i++) {
            text.write(digest[i % digest.length]);
        }
    }
}
