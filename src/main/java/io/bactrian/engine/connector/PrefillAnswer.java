package io.bactrian.engine.connector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.api.UsageReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a prefill endpoint answered, as far as decode needs it.
 *
 * @param kvTransferParams the object by which the blocks can be fetched, byte for byte as it came; empty if there is none
 * @param cachedTokens tokens of the prompt whose blocks the prefill endpoint had already
 */
public record PrefillAnswer(String kvTransferParams, int cachedTokens) {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final UsageReader USAGE = new UsageReader();

    /**
     * Reads {@code body}.
     *
     * @throws IOException if it is no JSON object
     */
    public static PrefillAnswer read(byte[] body) throws IOException {
        String params = "";
        try (JsonParser parser = FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the answer to a prefill is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean found = parser.currentName().equals("kv_transfer_params");
                JsonToken value = parser.nextToken();
                int start = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                if (found && value == JsonToken.START_OBJECT) {
                    int end = (int) parser.currentTokenLocation().getByteOffset() + 1;
                    params = new String(body, start, end - start, StandardCharsets.UTF_8);
                }
            }
        }
        int cached = USAGE.readWhole(ByteBuffer.wrap(body))
                .map(usage -> usage.cachedTokens().orElse(0))
                .orElse(0);
        return new PrefillAnswer(params, cached);
    }

    /** Tells whether the blocks can be fetched. */
    public boolean hasParams() {
        return !kvTransferParams.isEmpty();
    }
}
