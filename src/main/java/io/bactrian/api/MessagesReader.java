package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code messages} of a chat into a prompt: what a chat template would put before the model.
 *
 * <p>Members that differ between requests without changing what the model reads (message ids, cache hints) are left
 * out, for they would keep equal prompts from matching. Pictures count as in
 * {@link PromptDraft#IMAGE_TOKENS}. Sources: OpenAI's chat API and the content parts vLLM accepts.
 */
final class MessagesReader {
    private static final String MEMBER = "messages";

    private final BodyWalk walk;
    private final PromptDraft draft;
    private int message;
    private int part;

    MessagesReader(BodyWalk walk, PromptDraft draft) {
        this.walk = walk;
        this.draft = draft;
    }

    /** Reads the messages; the walk stands at the member's value, {@code token}. */
    void read(@Nullable JsonToken token) {
        if (token != JsonToken.START_ARRAY) {
            throw Refusal.at(MEMBER, token, "an array of messages");
        }
        message = 0;
        for (JsonToken next = walk.next(); next != JsonToken.END_ARRAY; next = walk.next()) {
            if (next != JsonToken.START_OBJECT) {
                throw Refusal.at(place(), next, "an object");
            }
            readMessage();
            message++;
        }
        if (message == 0) {
            throw Refusal.at(MEMBER, "empty", "at least one message");
        }
    }

    private void readMessage() {
        int rolePlace = draft.reserve();
        boolean hasRole = false;
        boolean hasContent = false;
        for (String name = walk.nextName(); name != null; name = walk.nextName()) {
            JsonToken value = walk.next();
            switch (name) {
                case "role" -> {
                    if (hasRole) {
                        throw Refusal.duplicate(place() + ".role");
                    }
                    if (value != JsonToken.VALUE_STRING) {
                        throw Refusal.at(place() + ".role", value, "a string");
                    }
                    draft.text(rolePlace, walk);
                    hasRole = true;
                }
                case "content" -> {
                    if (hasContent) {
                        throw Refusal.duplicate(place() + ".content");
                    }
                    readContent(value);
                    hasContent = true;
                }
                case "name",
                        "reasoning",
                        "reasoning_content",
                        "refusal",
                        "tool_calls",
                        "tool_call_id",
                        "function_call" -> any(value);
                default -> walk.skip();
            }
        }
        if (!hasRole) {
            throw Refusal.at(place() + ".role", "missing", "a string");
        }
    }

    private void readContent(@Nullable JsonToken value) {
        if (value == JsonToken.VALUE_STRING) {
            draft.text(draft.reserve(), walk);
            return;
        }
        if (value == JsonToken.VALUE_NULL) {
            return;
        }
        if (value != JsonToken.START_ARRAY) {
            throw Refusal.at(place() + ".content", value, "a string, null or an array of parts");
        }
        part = 0;
        for (JsonToken next = walk.next(); next != JsonToken.END_ARRAY; next = walk.next()) {
            if (next == JsonToken.VALUE_STRING) {
                draft.text(draft.reserve(), walk);
            } else if (next == JsonToken.START_OBJECT) {
                readPart();
            } else {
                throw Refusal.at(place() + ".content[" + part + "]", next, "an object");
            }
            part++;
        }
    }

    private void readPart() {
        for (String name = walk.nextName(); name != null; name = walk.nextName()) {
            JsonToken value = walk.next();
            switch (name) {
                case "text", "refusal", "thinking", "file" -> any(value);
                case "audio_url", "input_audio", "audio_embeds" -> {
                    draft.sound();
                    any(value);
                }
                case "image_url", "image_embeds" -> media(value, Spans.Kind.IMAGE);
                case "video_url" -> media(value, Spans.Kind.VIDEO);
                default -> walk.skip();
            }
        }
    }

    /** Takes a string's text, an array or object as it is written, and nothing of other values. */
    private void any(@Nullable JsonToken value) {
        if (value == JsonToken.VALUE_STRING) {
            draft.text(draft.reserve(), walk);
        } else if (value != null && value.isStructStart()) {
            int start = walk.start();
            draft.json(draft.reserve(), start, endOfStructure());
        }
    }

    /** Takes a picture's address or data as it is written, be it a string or an object. */
    private void media(@Nullable JsonToken value, Spans.Kind kind) {
        int start = walk.start();
        if (value == JsonToken.VALUE_STRING) {
            walk.passString();
            draft.media(draft.reserve(), start, walk.stringEnd() + 1, kind);
        } else if (value != null && value.isStructStart()) {
            draft.media(draft.reserve(), start, endOfStructure(), kind);
        }
    }

    private int endOfStructure() {
        walk.skip();
        return walk.start() + 1;
    }

    private String place() {
        return MEMBER + "[" + message + "]";
    }
}
