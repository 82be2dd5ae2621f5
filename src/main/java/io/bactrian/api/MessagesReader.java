package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the turns of a conversation into a prompt: what a chat template would put before the model.
 *
 * <p>Members that differ between requests without changing what the model reads (message ids, cache hints) are left
 * out, for they would keep equal prompts from matching. Pictures count as {@link MediaTokens} says. Sources: the messages of
 * OpenAI's chat API and of Anthropic's messages API, the items of OpenAI's responses, and the content parts vLLM accepts.
 */
final class MessagesReader {
    /** Claude Code puts such a block, different each time, before its instructions; the model does not read it. */
    private static final byte[] BILLING = "x-anthropic-billing-header".getBytes(StandardCharsets.US_ASCII);

    private final BodyWalk walk;
    private final PromptDraft draft;
    private final String member;
    private final boolean rolesNeeded;
    private int message;

    /** @param member what the turns are called in the body; those called {@code messages} have roles, all of them */
    MessagesReader(BodyWalk walk, PromptDraft draft, BodyMember member) {
        this.walk = walk;
        this.draft = draft;
        this.member = member.key();
        this.rolesNeeded = member == BodyMember.MESSAGES;
    }

    /** Reads the messages; the walk stands at the member's value, {@code token}. */
    void read(@Nullable JsonToken token) {
        if (token != JsonToken.START_ARRAY) {
            throw Refusal.at(member, token, "an array of messages");
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
            throw Refusal.at(member, "empty", "at least one message");
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
                    readContentOf(name, value);
                    hasContent = true;
                }
                case "output" -> readContentOf(name, value);
                case "name",
                        "reasoning",
                        "reasoning_content",
                        "refusal",
                        "tool_calls",
                        "tool_call_id",
                        "function_call",
                        "arguments",
                        "call_id",
                        "summary" -> any(value);
                default -> walk.skip();
            }
        }
        if (!hasRole && rolesNeeded) {
            throw Refusal.at(place() + ".role", "missing", "a string");
        }
    }

    private void readContentOf(String name, @Nullable JsonToken value) {
        if (value == JsonToken.VALUE_STRING) {
            draft.text(draft.reserve(), walk); // most are: no place is worked out for them
        } else {
            readContent(place() + "." + name, value);
        }
    }

    /** Reads text, or an array of parts, whose place in the body is {@code place}; the walk stands at the value. */
    void readContent(String place, @Nullable JsonToken value) {
        if (value == JsonToken.VALUE_STRING) {
            draft.text(draft.reserve(), walk);
            return;
        }
        if (value == JsonToken.VALUE_NULL) {
            return;
        }
        if (value != JsonToken.START_ARRAY) {
            throw Refusal.at(place, value, "a string, null or an array of parts");
        }
        int part = 0;
        for (JsonToken next = walk.next(); next != JsonToken.END_ARRAY; next = walk.next()) {
            if (next == JsonToken.VALUE_STRING) {
                draft.text(draft.reserve(), walk);
            } else if (next == JsonToken.START_OBJECT) {
                readPart(place, part);
            } else {
                throw Refusal.at(place + "[" + part + "]", next, "an object");
            }
            part++;
        }
    }

    private void readPart(String place, int part) {
        for (String name = walk.nextName(); name != null; name = walk.nextName()) {
            JsonToken value = walk.next();
            switch (name) {
                case "text" -> {
                    if (!isBilling(value)) {
                        any(value);
                    }
                }
                case "audio_url", "input_audio", "audio_embeds" -> sound(value);
                case "refusal",
                        "thinking",
                        "file",
                        "file_id",
                        "file_data",
                        "filename",
                        "id",
                        "name",
                        "input",
                        "tool_use_id" -> any(value);
                case "content" -> {
                    if (value == JsonToken.START_OBJECT) {
                        any(value); // of a document
                    } else {
                        readContent(place + "[" + part + "].content", value);
                    }
                }
                case "image_url", "image_embeds", "source" -> media(value, Spans.Kind.IMAGE);
                case "video_url" -> media(value, Spans.Kind.VIDEO);
                default -> walk.skip();
            }
        }
    }

    private boolean isBilling(@Nullable JsonToken value) {
        if (value != JsonToken.VALUE_STRING) {
            return false;
        }
        int start = walk.start() + 1;
        int length = Math.min(BILLING.length, walk.bytes().length() - start);
        byte[] head = new byte[length];
        walk.bytes().copy(start, head, 0, length);
        return Arrays.equals(head, BILLING);
    }

    /** Takes a string's text, an array or object as it is written, and nothing of other values. */
    void any(@Nullable JsonToken value) {
        if (value == JsonToken.VALUE_STRING) {
            draft.text(draft.reserve(), walk);
        } else if (value != null && value.isStructStart()) {
            int start = walk.start();
            draft.json(draft.reserve(), start, endOfStructure());
        }
    }

    /** Takes a picture's address or data as it is written, be it a string or an object. */
    void media(@Nullable JsonToken value, Spans.Kind kind) {
        int start = walk.start();
        if (value == JsonToken.VALUE_STRING) {
            walk.passString();
            draft.media(draft.reserve(), walk.bytes(), start, walk.stringEnd() + 1, kind);
        } else if (value != null && value.isStructStart()) {
            draft.media(draft.reserve(), walk.bytes(), start, endOfStructure(), kind);
        }
    }

    private void sound(@Nullable JsonToken value) {
        int start = walk.start();
        if (value == JsonToken.VALUE_STRING) {
            walk.passString();
            draft.sound(draft.reserve(), start, walk.stringEnd() + 1);
        } else if (value != null && value.isStructStart()) {
            draft.sound(draft.reserve(), start, endOfStructure());
        }
    }

    private int endOfStructure() {
        walk.skip();
        return walk.start() + 1;
    }

    private String place() {
        return member + "[" + message + "]";
    }
}
