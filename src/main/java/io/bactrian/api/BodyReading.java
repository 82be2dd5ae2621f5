package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.request.Api;
import io.bactrian.request.Conversation;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one body, of whichever API. One use. */
final class BodyReading {
    private static final int MAX_MODEL_LENGTH = 256;

    /** Salts and adapter paths are random strings or paths; what is longer is a mistake. */
    private static final int MAX_LABEL_LENGTH = 1024;

    private final Api api;
    private final boolean trusts;
    private final BodyWalk walk;
    private final PromptReading prompt;
    private final StreamOptionsReader streamOptions;
    private final BodyPlaces places;
    private final Set<BodyMember> seen = EnumSet.noneOf(BodyMember.class);

    private final int objectStart;

    private String model = "";
    private int modelStart;
    private int modelEnd;
    private String adapter = "";
    private String cacheSalt = "";
    private String conversation = "";
    private boolean stream;
    private int maxTokens = -1;
    private int maxCompletionTokens = -1;
    private int choices = 1;

    BodyReading(Api api, BodyWalk walk, boolean trusts) {
        this.trusts = trusts;
        this.api = api;
        this.walk = walk;
        places = new BodyPlaces(walk.bytes());
        objectStart = walk.start();
        prompt = new PromptReading(api, walk);
        streamOptions = new StreamOptionsReader(walk);
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
            case STREAM_OPTIONS -> {
                if (api.isCompletion()) {
                    streamOptions.read(value);
                }
            }
            case MAX_TOKENS -> {
                if (api != Api.RESPONSES) {
                    maxTokens = limit(value);
                }
            }
            case MAX_OUTPUT_TOKENS -> {
                if (api == Api.RESPONSES) {
                    maxTokens = limit(value);
                }
            }
            case SAMPLING_PARAMS -> {
                if (api == Api.GENERATE || api == Api.SGLANG_GENERATE) {
                    readSamplingParams(value);
                }
            }
            case MAX_COMPLETION_TOKENS -> maxCompletionTokens = limit(value);
            case N -> choices = Math.max(1, limit(value));
            case MESSAGES,
                    PROMPT,
                    TOOLS,
                    DOCUMENTS,
                    SYSTEM,
                    INPUT,
                    INSTRUCTIONS,
                    ITEMS,
                    TOKEN_IDS,
                    FEATURES,
                    INPUT_IDS,
                    TEXT,
                    IMAGE_DATA -> prompt.read(member, value);
            case PREVIOUS_RESPONSE_ID, CONVERSATION -> {
                if (api == Api.RESPONSES) {
                    readConversation(member, value);
                }
            }
            case CACHE_SALT -> cacheSalt = label(member, value);
            case EXTRA_KEY -> {
                if (api == Api.SGLANG_GENERATE) {
                    cacheSalt = label(member, value);
                }
            }
            case LORA_PATH -> adapter = label(member, value);
            case MIN_TOKENS, MIN_COMPLETION_TOKENS, BEST_OF, USE_BEAM_SEARCH, RETURN_LOGPROB, CACHE_HIT_THRESHOLD -> {
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
                if (value != JsonToken.VALUE_NULL && !trusts) {
                    throw Refusal.at(
                            member.key(), "given by the client", "nothing; the router decides where KV blocks move");
                }
            }
        }
    }

    private void readModel(@Nullable JsonToken value) {
        if (value == JsonToken.VALUE_NULL && !api.namesModel()) {
            return;
        }
        if (value != JsonToken.VALUE_STRING) {
            throw Refusal.at("model", value, "the name of a model");
        }
        modelStart = walk.start();
        model = walk.shortText("model", MAX_MODEL_LENGTH);
        modelEnd = walk.stringEnd() + 1;
        if (model.isEmpty()) {
            throw Refusal.at("model", "empty", "the name of a model");
        }
        if (model.chars().anyMatch(Character::isISOControl)) {
            throw Refusal.at("model", "a control character", "the name of a model");
        }
    }

    private void readSamplingParams(@Nullable JsonToken value) {
        if (value != JsonToken.START_OBJECT) {
            return;
        }
        for (String key = walk.nextName(); key != null; key = walk.nextName()) {
            JsonToken option = walk.next();
            switch (key) {
                case "max_tokens", "max_new_tokens" -> maxTokens = limit(option);
                case "n" -> choices = Math.max(1, limit(option));
                default -> walk.skip();
            }
        }
    }

    /** Reads what the request goes on from: an id, or an object with one (OpenAI's responses). */
    private void readConversation(BodyMember member, @Nullable JsonToken value) {
        if (value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NULL) {
            noteConversation(label(member, value));
            return;
        }
        if (value != JsonToken.START_OBJECT) {
            throw Refusal.at(member.key(), value, "an id");
        }
        for (String key = walk.nextName(); key != null; key = walk.nextName()) {
            JsonToken option = walk.next();
            if (key.equals("id")) {
                noteConversation(label(member, option));
            } else {
                walk.skip();
            }
        }
    }

    private void noteConversation(String id) {
        if (!id.isEmpty()) {
            conversation = id;
        }
    }

    private String label(BodyMember member, @Nullable JsonToken value) {
        if (value == JsonToken.VALUE_NULL) {
            return "";
        }
        if (value != JsonToken.VALUE_STRING) {
            throw Refusal.at(member.key(), value, "a string");
        }
        return walk.shortText(member.key(), MAX_LABEL_LENGTH);
    }

    /** Returns a limit on tokens or answers; -1 if the value is not a whole number from 0 on, which is as good as none. */
    private int limit(@Nullable JsonToken value) {
        if (value != JsonToken.VALUE_NUMBER_INT && value != JsonToken.VALUE_NUMBER_FLOAT) {
            return -1;
        }
        return (int) Math.min(Integer.MAX_VALUE, walk.wholeNumber());
    }

    private ClientBody result(String id, RequestHeaders headers) {
        if (api.namesModel() && !seen.contains(BodyMember.MODEL)) {
            throw Refusal.at("model", "missing", "the name of a model");
        }
        Prompt read = prompt.result();
        int limit = api == Api.CHAT_COMPLETIONS && maxCompletionTokens >= 0 ? maxCompletionTokens : maxTokens;
        InferenceRequest request = new InferenceRequest(
                id,
                api,
                model,
                adapter,
                cacheSalt,
                stream,
                streamOptions.includeUsage(),
                limit < 0 ? OptionalInt.empty() : OptionalInt.of(limit),
                read,
                walk.bytes().length(),
                new RequestContext(headers));
        if (!conversation.isEmpty()) {
            request.attributes().put(Conversation.ID, conversation);
        }
        return new ClientBody(request, choices, modelStart, modelEnd, usageSplices(), places);
    }

    private List<Splice> usageSplices() {
        return stream && api.isCompletion() ? streamOptions.usageSplices(objectStart) : List.of();
    }
}
