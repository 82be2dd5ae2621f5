package io.bactrian.engine.connector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.api.FirstToken;
import io.bactrian.api.UsageReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a prefill endpoint answered, as far as decode needs it.
 *
 * @param kvTransferParams the object by which the blocks can be fetched, byte for byte as it came; empty if there is none
 * @param cachedTokens tokens of the prompt whose blocks the prefill endpoint had already
 * @param inputLogprobs SGLang's {@code meta_info.input_token_logprobs}, as it came; empty if there are none
 * @param first the token that it has generated, where that is of use; null else
 */
public record PrefillAnswer(
        String kvTransferParams,
        int cachedTokens,
        String inputLogprobs,
        @Nullable FirstToken first) {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final UsageReader USAGE = new UsageReader();

    /** An answer whose token is generated again. */
    public PrefillAnswer(String kvTransferParams, int cachedTokens, String inputLogprobs) {
        this(kvTransferParams, cachedTokens, inputLogprobs, null);
    }

    /** Returns this answer with the token that it tells of. */
    PrefillAnswer with(FirstToken token) {
        return new PrefillAnswer(kvTransferParams, cachedTokens, inputLogprobs, token);
    }

    /**
     * Reads {@code body}.
     *
     * @throws IOException if it is no JSON object
     */
    public static PrefillAnswer read(byte[] body) throws IOException {
        String params = "";
        String logprobs = "";
        try (JsonParser parser = FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the answer to a prefill is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("kv_transfer_params") && value == JsonToken.START_OBJECT) {
                    params = json(parser, body);
                } else if (name.equals("meta_info") && value == JsonToken.START_OBJECT) {
                    logprobs = logprobs(parser, body);
                } else {
                    parser.skipChildren();
                }
            }
        }
        int cached = USAGE.readWhole(ByteBuffer.wrap(body))
                .map(usage -> usage.cachedTokens().orElse(0))
                .orElse(0);
        return new PrefillAnswer(params, cached, logprobs);
    }

    private static String logprobs(JsonParser parser, byte[] body) throws IOException {
        String found = "";
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isList = parser.currentName().equals("input_token_logprobs");
            if (parser.nextToken() == JsonToken.START_ARRAY && isList) {
                found = json(parser, body);
            } else {
                parser.skipChildren();
            }
        }
        return found;
    }

    /** Returns the object or array that begins with the token just read, as it is written. */
    private static String json(JsonParser parser, byte[] body) throws IOException {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        int end = (int) parser.currentTokenLocation().getByteOffset() + 1;
        return new String(body, start, end - start, StandardCharsets.UTF_8);
    }

    /** Tells whether the blocks can be fetched. */
    public boolean hasParams() {
        return !kvTransferParams.isEmpty();
    }
}
