package io.bactrian.engine.connector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads whether a decode server has given a request up because less of its prompt is cached than {@code cache_hit_threshold} asks for. */
public final class TrialVerdict {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String BELOW = "cache_threshold";

    private TrialVerdict() {}

    /**
     * Tells whether a choice of {@code answer} ends for that reason.
     *
     * @param answer a JSON body, or a server-sent event with one line of data
     */
    public static boolean isBelowThreshold(byte[] answer) {
        String text = new String(answer, StandardCharsets.UTF_8);
        if (!text.contains(BELOW)) {
            return false; // what nearly every answer is
        }
        String json = text.startsWith("{") ? text : dataOf(text);
        try (JsonParser parser = FACTORY.createParser(json)) {
            return parser.nextToken() == JsonToken.START_OBJECT && hasBelow(parser);
        } catch (IOException e) {
            return false;
        }
    }

    private static String dataOf(String event) {
        return event.lines()
                .filter(line -> line.startsWith("data:"))
                .findFirst()
                .map(line -> line.substring("data:".length()).strip())
                .orElse("");
    }

    private static boolean hasBelow(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isChoices = parser.currentName().equals("choices");
            if (parser.nextToken() == JsonToken.START_ARRAY && isChoices) {
                while (parser.nextToken() == JsonToken.START_OBJECT) {
                    if (endsBelow(parser)) {
                        return true;
                    }
                }
            } else {
                parser.skipChildren();
            }
        }
        return false;
    }

    private static boolean endsBelow(JsonParser choice) throws IOException {
        boolean below = false;
        while (choice.nextToken() == JsonToken.FIELD_NAME) {
            boolean isReason = choice.currentName().equals("finish_reason");
            if (choice.nextToken() == JsonToken.VALUE_STRING && isReason) {
                below |= choice.getText().equals(BELOW);
            } else {
                choice.skipChildren();
            }
        }
        return below;
    }
}
