package io.bactrian.engine.connector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * By what encoded images, video and sound are fetched (vLLM's ECConnector over NIXL): the {@code ec_transfer_params} that encode
 * endpoints return, put together by the hash of each item. The values are handed on as they came. Used by one thread.
 */
public final class EncodedMedia {
    /** The member of answers and of the next request's body. */
    public static final String PARAMS = "ec_transfer_params";

    private static final JsonFactory FACTORY = new JsonFactory();

    /** JSON by the hash of an item; of two endpoints that have encoded the same, the first is asked. */
    private final Map<String, String> parameters = new LinkedHashMap<>();

    /**
     * Takes what an encode endpoint answered; one without parameters adds nothing.
     *
     * @throws IOException if it is no JSON object
     */
    public void add(byte[] answer) throws IOException {
        try (JsonParser parser = FACTORY.createParser(answer)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the answer to an encoding is no JSON object");
            }
            Map<String, String> found = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isParams = parser.currentName().equals(PARAMS);
                if (parser.nextToken() == JsonToken.START_OBJECT && isParams) {
                    read(parser, answer, found);
                } else {
                    parser.skipChildren();
                }
            }
            found.forEach(parameters::putIfAbsent); // only once all of it is known to be JSON
        }
    }

    private static void read(JsonParser parser, byte[] answer, Map<String, String> found) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String hash = parser.currentName();
            JsonToken value = parser.nextToken();
            int start = (int) parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            if (value == JsonToken.START_OBJECT) {
                int end = (int) parser.currentTokenLocation().getByteOffset() + 1;
                found.putIfAbsent(hash, new String(answer, start, end - start, StandardCharsets.UTF_8));
            }
        }
    }

    /** Returns what the next leg carries as {@link #PARAMS}; empty if there is nothing to fetch. */
    public String json() {
        return parameters.isEmpty()
                ? ""
                : parameters.entrySet().stream()
                        .map(entry -> '"'
                                + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(entry.getKey())) + "\":"
                                + entry.getValue())
                        .collect(Collectors.joining(",", "{", "}"));
    }
}
