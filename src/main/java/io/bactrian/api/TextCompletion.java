package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Set;

/**
 * Tells of a body of the completions API whether its answer comes out alike if one server generates the first token and another all that
 * follow, to which that token is the end of the prompt.
 *
 * <p>What goes by the whole answer (log probabilities, an echo, several answers, a form, stop texts, penalties of what was generated, a
 * least length) does not, and what is not known is not taken either.
 */
public final class TextCompletion {
    /** What an answer is limited to whose client says nothing: the API's default, which vLLM and SGLang keep. */
    public static final int DEFAULT_MAX_TOKENS = 16;

    private static final JsonFactory FACTORY = new JsonFactory();
    private static final long MAX_TOKEN_ID = 0xffff_ffffL;

    /** What may be asked for. */
    private static final Set<String> TAKEN = Set.of(
            "model",
            "stream_options",
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "seed",
            "stop_token_ids",
            "ignore_eos",
            "repetition_penalty", // by prompt and answer alike
            "logit_bias",
            "allowed_token_ids",
            "skip_special_tokens",
            "spaces_between_special_tokens",
            "cache_salt",
            "priority",
            "request_id",
            "user",
            "metadata",
            "store",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key");

    /** What may be switched off. */
    private static final Set<String> OFF = Set.of(
            "echo", "use_beam_search", "include_stop_str_in_output", "return_token_ids", "return_tokens_as_token_ids");

    /** What may be 0; not {@code logprobs}, of which 0 asks for those of the tokens themselves. */
    private static final Set<String> ZERO = Set.of("presence_penalty", "frequency_penalty", "min_tokens");

    /** What may be 1. */
    private static final Set<String> ONE = Set.of("n", "best_of");

    /** What may be an empty list. */
    private static final Set<String> EMPTY = Set.of("stop", "bad_words", "logits_processors");

    private TextCompletion() {}

    /** Tells whether the body that {@code places} are of, which has been read before, may be answered by two servers so. */
    public static boolean goesInTwo(BodyPlaces places) {
        try (JsonParser parser = FACTORY.createParser(places.whole())) {
            parser.nextToken();
            boolean hasPrompt = false;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                hasPrompt |= name.equals("prompt");
                if (!goes(parser, name, value)) {
                    return false;
                }
                parser.skipChildren();
            }
            return hasPrompt;
        } catch (IOException e) {
            return false; // the engine says what is wrong with it
        }
    }

    private static boolean goes(JsonParser parser, String name, JsonToken value) throws IOException {
        return switch (name) {
            case "prompt" -> value == JsonToken.VALUE_STRING || isTokenIds(parser, value);
            case "max_tokens" ->
                // Not null either, which is as many as there is room for, to vLLM.
                value == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() == JsonParser.NumberType.INT
                        && parser.getIntValue() > 1; // of one token nothing is left to another
            case "stream" -> value.isBoolean() || value == JsonToken.VALUE_NULL;
            default -> TAKEN.contains(name) || asksForNothing(parser, name, value);
        };
    }

    private static boolean isTokenIds(JsonParser parser, JsonToken value) throws IOException {
        if (value != JsonToken.START_ARRAY) {
            return false;
        }
        boolean some = false;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (!isTokenId(parser)) {
                return false;
            }
            some = true;
        }
        return some;
    }

    /** Tells whether the parser stands at the id of a token: a whole number of 32 bits. */
    static boolean isTokenId(JsonParser parser) throws IOException {
        return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                && parser.getLongValue() >= 0
                && parser.getLongValue() <= MAX_TOKEN_ID;
    }

    private static boolean asksForNothing(JsonParser parser, String name, JsonToken value) throws IOException {
        return switch (value) {
            case VALUE_NULL -> true;
            case VALUE_FALSE -> OFF.contains(name);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                (ZERO.contains(name) && parser.getDoubleValue() == 0)
                        || (ONE.contains(name) && parser.getDoubleValue() == 1);
            case START_ARRAY -> EMPTY.contains(name) && parser.nextToken() == JsonToken.END_ARRAY;
            default -> false;
        };
    }
}
