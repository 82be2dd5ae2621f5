package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one body of an OpenAI chat or text completion. One use. */
final class BodyReading {
    private static final int MAX_MODEL_LENGTH = 256;

    /** Salts and adapter paths are random strings or paths; what is longer is a mistake. */
    private static final int MAX_LABEL_LENGTH = 1024;

    /** A UTF-16 unit takes at most one escape of this length. */
    private static final int LONGEST_UNIT_BYTES = 6;

    private static final String INCLUDE_USAGE = "include_usage";

    /** Of vLLM: usage in every event, if {@link #INCLUDE_USAGE} is set. */
    private static final String CONTINUOUS_USAGE = "continuous_usage_stats";

    private final Api api;
    private final BodyWalk walk;
    private final PromptDraft draft = new PromptDraft();
    private final BodyPlaces places;
    private final Set<BodyMember> seen = EnumSet.noneOf(BodyMember.class);

    private final int objectStart;
    private final int toolsPlace;
    private final int documentsPlace;

    private String model = "";
    private int modelStart;
    private int modelEnd;
    private String adapter = "";
    private String cacheSalt = "";
    private boolean stream;
    private boolean includeUsage;
    private boolean continuousUsage;
    private @Nullable Splice usageSplice;
    private int maxTokens = -1;
    private int maxCompletionTokens = -1;
    private int choices = 1;
    private boolean hasPrompt;

    BodyReading(Api api, BodyWalk walk) {
        this.api = api;
        this.walk = walk;
        places = new BodyPlaces(walk.bytes());
        objectStart = walk.start();
        boolean chat = api == Api.CHAT_COMPLETIONS;
        toolsPlace = chat ? draft.reserve() : -1;
        documentsPlace = chat ? draft.reserve() : -1;
    }

    ClientBody read(String id, RequestHeaders headers) {
        for (String key = walk.nextName(); key != null; key = walk.nextName()) {
            JsonToken value = walk.next();
            BodyMember member = BodyMember.of(key);
            places.count();
            if (member == null) {
                walk.skip();
                continue;
            }
            if (!seen.add(member)) {
                throw Refusal.duplicate(member.key());
            }
            int start = walk.start();
            readMember(member, value);
            walk.skip();
            places.note(member, start, value != null && value.isStructStart() ? walk.start() + 1 : -1);
        }
        walk.finish();
        return result(id, headers);
    }

    /** Reads the value of {@code member}; may leave the walk at its beginning or at its end. */
    private void readMember(BodyMember member, @Nullable JsonToken value) {
        switch (member) {
            case MODEL -> readModel(value);
            case STREAM -> stream = value == JsonToken.VALUE_TRUE;
            case STREAM_OPTIONS -> readStreamOptions(value);
            case MAX_TOKENS -> maxTokens = limit(value);
            case MAX_COMPLETION_TOKENS -> maxCompletionTokens = limit(value);
            case N -> choices = Math.max(1, limit(value));
            case MESSAGES -> readMessages(value);
            case PROMPT -> readPrompt(value);
            case TOOLS -> readPreface(toolsPlace, value);
            case DOCUMENTS -> readPreface(documentsPlace, value);
            case CACHE_SALT -> cacheSalt = label(member, value);
            case LORA_PATH -> adapter = label(member, value);
            case MAX_OUTPUT_TOKENS,
                    MIN_TOKENS,
                    MIN_COMPLETION_TOKENS,
                    BEST_OF,
                    USE_BEAM_SEARCH,
                    SAMPLING_PARAMS,
                    CACHE_HIT_THRESHOLD -> {
                // where they lie is noted, and that is all
            }
            case KV_TRANSFER_PARAMS,
                    BOOTSTRAP_HOST,
                    BOOTSTRAP_PORT,
                    BOOTSTRAP_ROOM,
                    ROUTED_DP_RANK,
                    DISAGG_PREFILL_DP_RANK,
                    EC_TRANSFER_PARAMS,
                    DISAGGREGATED_PARAMS,
                    DISAGG_PREFILL_RESP -> {
                if (value != JsonToken.VALUE_NULL) {
                    throw Refusal.at(
                            member.key(), "given by the client", "nothing; the router decides where KV blocks move");
                }
            }
        }
    }

    private void readModel(@Nullable JsonToken value) {
        if (value != JsonToken.VALUE_STRING) {
            throw Refusal.at("model", value, "the name of a model");
        }
        modelStart = walk.start();
        model = shortText("model", MAX_MODEL_LENGTH);
        modelEnd = walk.stringEnd() + 1;
        if (model.isEmpty()) {
            throw Refusal.at("model", "empty", "the name of a model");
        }
        if (model.chars().anyMatch(Character::isISOControl)) {
            throw Refusal.at("model", "a control character", "the name of a model");
        }
    }

    private void readStreamOptions(@Nullable JsonToken value) {
        int start = walk.start();
        if (value == JsonToken.VALUE_NULL) {
            usageSplice = new Splice(start, "null".length(), "{\"" + INCLUDE_USAGE + "\":true}");
            return;
        }
        if (value != JsonToken.START_OBJECT) {
            throw Refusal.at("stream_options", value, "an object");
        }
        boolean empty = true;
        boolean found = false;
        for (String key = walk.nextName(); key != null; key = walk.nextName()) {
            JsonToken option = walk.next();
            empty = false;
            if (key.equals(CONTINUOUS_USAGE)) {
                continuousUsage = option == JsonToken.VALUE_TRUE;
            }
            if (!key.equals(INCLUDE_USAGE)) {
                walk.skip();
                continue;
            }
            if (found) {
                throw Refusal.duplicate("stream_options." + INCLUDE_USAGE);
            }
            found = true;
            readIncludeUsage(option);
        }
        if (!found) {
            usageSplice = new Splice(start + 1, 0, "\"" + INCLUDE_USAGE + "\":true" + (empty ? "" : ","));
        }
    }

    private void readIncludeUsage(@Nullable JsonToken value) {
        if (value == JsonToken.VALUE_TRUE) {
            includeUsage = true;
        } else if (value == JsonToken.VALUE_FALSE || value == JsonToken.VALUE_NULL) {
            int length = value == JsonToken.VALUE_FALSE ? "false".length() : "null".length();
            usageSplice = new Splice(walk.start(), length, "true");
        } else {
            throw Refusal.at("stream_options." + INCLUDE_USAGE, value, "true or false");
        }
    }

    private void readMessages(@Nullable JsonToken value) {
        if (api == Api.CHAT_COMPLETIONS) {
            new MessagesReader(walk, draft).read(value);
            hasPrompt = true;
        }
    }

    private void readPrompt(@Nullable JsonToken value) {
        if (api == Api.COMPLETIONS) {
            new PromptsReader(walk, draft).read(value);
            hasPrompt = true;
        }
    }

    /** Takes what a chat template puts before the messages, as it is written. */
    private void readPreface(int place, @Nullable JsonToken value) {
        if (place >= 0 && value == JsonToken.START_ARRAY) {
            int start = walk.start();
            walk.skip();
            draft.json(place, start, walk.start() + 1);
        }
    }

    private String label(BodyMember member, @Nullable JsonToken value) {
        if (value == JsonToken.VALUE_NULL) {
            return "";
        }
        if (value != JsonToken.VALUE_STRING) {
            throw Refusal.at(member.key(), value, "a string");
        }
        return shortText(member.key(), MAX_LABEL_LENGTH);
    }

    /** Returns the current string, decoded only after its length is known to be small. */
    private String shortText(String place, int maxLength) {
        int start = walk.start() + 1;
        walk.passString();
        int length = walk.stringEnd() - start;
        String text = length > maxLength * LONGEST_UNIT_BYTES ? null : decode(start, length);
        if (text == null || text.length() > maxLength) {
            throw Refusal.at(place, "too long", "at most " + maxLength + " characters");
        }
        if (walk.hasHalfPair()) {
            throw Refusal.at(place, "half a surrogate pair", "whole characters");
        }
        return text;
    }

    private String decode(int start, int length) {
        byte[] text = new byte[length];
        walk.bytes().copy(start, text, 0, length);
        Unescape unescape = new Unescape();
        unescape.decode(text, length, true);
        return new String(text, 0, unescape.length(), StandardCharsets.UTF_8);
    }

    /** Returns a limit on tokens or answers; -1 if the value is not a whole number from 0 on, which is as good as none. */
    private int limit(@Nullable JsonToken value) {
        if (value != JsonToken.VALUE_NUMBER_INT && value != JsonToken.VALUE_NUMBER_FLOAT) {
            return -1;
        }
        return (int) Math.min(Integer.MAX_VALUE, walk.wholeNumber());
    }

    private ClientBody result(String id, RequestHeaders headers) {
        if (!seen.contains(BodyMember.MODEL)) {
            throw Refusal.at("model", "missing", "the name of a model");
        }
        boolean chat = api == Api.CHAT_COMPLETIONS;
        if (!hasPrompt) {
            throw chat
                    ? Refusal.at("messages", "missing", "at least one message")
                    : Refusal.at("prompt", "missing", "a string, token ids, or an array of either");
        }
        int limit = chat && maxCompletionTokens >= 0 ? maxCompletionTokens : maxTokens;
        InferenceRequest request = new InferenceRequest(
                id,
                api,
                model,
                adapter,
                cacheSalt,
                stream,
                includeUsage,
                limit < 0 ? OptionalInt.empty() : OptionalInt.of(limit),
                prompt(chat),
                walk.bytes().length(),
                new RequestContext(headers));
        return new ClientBody(request, choices, modelStart, modelEnd, usageSplices(), places);
    }

    private Prompt prompt(boolean chat) {
        if (!chat) {
            return draft.batch(walk.bytes());
        }
        draft.endPrompt();
        return draft.single(walk.bytes());
    }

    private List<Splice> usageSplices() {
        // Continuous usage stands in every event as soon as usage is asked for at all: it could not be taken out again.
        if (!stream || includeUsage || continuousUsage) {
            return List.of();
        }
        // A body names a model, so that its object has a member and a comma is due.
        String added = "\"" + BodyMember.STREAM_OPTIONS.key() + "\":{\"" + INCLUDE_USAGE + "\":true},";
        return List.of(usageSplice != null ? usageSplice : new Splice(objectStart + 1, 0, added));
    }
}
