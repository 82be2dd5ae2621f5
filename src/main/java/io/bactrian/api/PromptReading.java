package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.api.PromptDraft.Section;
import io.bactrian.request.Api;
import io.bactrian.request.Prompt;
import org.jspecify.annotations.Nullable;

/** Reads what an API gives the model to read, from the members of its body that hold it. One use. */
final class PromptReading {
    private static final String TEXT_OR_TOKENS = "a string, token ids, or an array of either";

    private final Api api;
    private final BodyWalk walk;
    private final PromptDraft draft = new PromptDraft();
    private boolean found;
    private boolean batch;

    PromptReading(Api api, BodyWalk walk) {
        this.api = api;
        this.walk = walk;
    }

    /** Takes {@code member} if it is part of this API's prompt; the walk stands at its value. */
    void read(BodyMember member, @Nullable JsonToken value) {
        if (member == needed() || (api == Api.EMBEDDINGS && member == BodyMember.MESSAGES)) {
            readMain(member, value);
            found = true;
            return;
        }
        switch (member) {
            case TOOLS -> readBefore(Section.TOOLS, value, takesTools());
            case DOCUMENTS -> readBefore(Section.DOCUMENTS, value, api == Api.CHAT_COMPLETIONS);
            case INSTRUCTIONS -> readBefore(Section.INSTRUCTIONS, value, api == Api.RESPONSES);
            case SYSTEM -> readSystem(value);
            case FEATURES -> readFeatures(value);
            case TEXT -> readText(value);
            case IMAGE_DATA -> readImages(value);
            default -> {}
        }
    }

    /** Returns the member without which there is no prompt; null if there need be none. */
    private @Nullable BodyMember needed() {
        return switch (api) {
            case CHAT_COMPLETIONS, MESSAGES, MESSAGES_COUNT_TOKENS -> BodyMember.MESSAGES;
            case COMPLETIONS, IMAGES -> BodyMember.PROMPT;
            case RESPONSES, EMBEDDINGS -> BodyMember.INPUT;
            case CONVERSATIONS -> BodyMember.ITEMS;
            case GENERATE -> BodyMember.TOKEN_IDS;
            case SGLANG_GENERATE -> BodyMember.INPUT_IDS;
            case TOKENIZE, STORED, MODELS, PASSTHROUGH -> null;
        };
    }

    private void readMain(BodyMember member, @Nullable JsonToken value) {
        switch (member) {
            case MESSAGES, ITEMS -> new MessagesReader(walk, draft, member).read(value);
            case INPUT -> readInput(member, value);
            default -> {
                batch = true;
                new PromptsReader(walk, draft, member).read(value);
            }
        }
    }

    private void readInput(BodyMember member, @Nullable JsonToken value) {
        if (api == Api.EMBEDDINGS) {
            batch = true;
            new PromptsReader(walk, draft, member).read(value);
        } else if (value == JsonToken.START_ARRAY) {
            new MessagesReader(walk, draft, member).read(value);
        } else if (value == JsonToken.VALUE_STRING) {
            draft.text(draft.reserve(), walk);
        } else {
            throw Refusal.at(member.key(), value, "a string or an array of items");
        }
    }

    private boolean takesTools() {
        return switch (api) {
            case CHAT_COMPLETIONS, MESSAGES, MESSAGES_COUNT_TOKENS, RESPONSES -> true;
            default -> false;
        };
    }

    /** Takes what a chat template puts before the messages: text, or JSON as it is written. */
    private void readBefore(Section section, @Nullable JsonToken value, boolean isTaken) {
        if (isTaken) {
            draft.enter(section);
            new MessagesReader(walk, draft, BodyMember.MESSAGES).any(value);
            draft.enter(Section.MAIN);
        }
    }

    private void readFeatures(@Nullable JsonToken value) {
        if (api == Api.GENERATE && value == JsonToken.START_OBJECT) {
            draft.enter(Section.FEATURES);
            int place = draft.reserve();
            int start = walk.start();
            draft.given(new FeaturesReader(walk).read());
            draft.json(place, start, walk.start() + 1);
            draft.enter(Section.MAIN);
        } else {
            readBefore(Section.FEATURES, value, api == Api.GENERATE);
        }
    }

    private void readSystem(@Nullable JsonToken value) {
        if (api == Api.MESSAGES || api == Api.MESSAGES_COUNT_TOKENS) {
            draft.enter(Section.INSTRUCTIONS);
            new MessagesReader(walk, draft, BodyMember.MESSAGES).readContent(BodyMember.SYSTEM.key(), value);
            draft.enter(Section.MAIN);
        }
    }

    /** SGLang takes text in place of token ids. */
    private void readText(@Nullable JsonToken value) {
        if (api == Api.SGLANG_GENERATE && value != JsonToken.VALUE_NULL) {
            if (found) {
                throw Refusal.at(BodyMember.TEXT.key(), "beside input_ids", "one of both");
            }
            readMain(BodyMember.TEXT, value);
            found = true;
        }
    }

    /** SGLang takes one picture, or several, beside the text. */
    private void readImages(@Nullable JsonToken value) {
        if (api == Api.SGLANG_GENERATE) {
            draft.enter(Section.FEATURES);
            MessagesReader parts = new MessagesReader(walk, draft, BodyMember.MESSAGES);
            if (value == JsonToken.START_ARRAY) {
                for (JsonToken next = walk.next(); next != JsonToken.END_ARRAY; next = walk.next()) {
                    parts.media(next, Spans.Kind.IMAGE);
                }
            } else {
                parts.media(value, Spans.Kind.IMAGE);
            }
            draft.enter(Section.MAIN);
        }
    }

    /** Returns the prompt, once the body has been walked; throws if the API needs one and there is none. */
    Prompt result() {
        BodyMember needed = needed();
        if (needed == null) {
            return Prompt.NONE;
        }
        if (!found) {
            throw Refusal.at(needed.key(), "missing", expected(needed));
        }
        if (batch) {
            return draft.batch(walk.bytes());
        }
        draft.endPrompt();
        return draft.single(walk.bytes());
    }

    private String expected(BodyMember member) {
        return switch (member) {
            case MESSAGES -> "at least one message";
            case ITEMS -> "at least one item";
            case INPUT -> api == Api.RESPONSES ? "a string or an array of items" : TEXT_OR_TOKENS;
            case TOKEN_IDS -> "token ids";
            case INPUT_IDS -> "token ids, or text";
            default -> TEXT_OR_TOKENS;
        };
    }
}
