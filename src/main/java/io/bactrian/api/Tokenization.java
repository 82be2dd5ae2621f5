package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What a model server is asked, and answers, at {@code /tokenize}: which tokens the text of a completion has (vLLM, SGLang). */
public final class Tokenization {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Tokenization() {}

    /**
     * Returns the body that asks for the tokens of the text called {@code prompt}.
     *
     * @param places where that is; a text
     */
    public static byte[] question(String model, BodyPlaces places) {
        String name = new String(JsonStringEncoder.getInstance().quoteAsString(model));
        byte[] text = places.bytes(BodyMember.PROMPT);
        ByteArrayOutputStream question = new ByteArrayOutputStream(text.length + name.length() + 32);
        question.writeBytes(("{\"model\":\"" + name + "\",\"prompt\":").getBytes(StandardCharsets.UTF_8));
        question.writeBytes(text);
        question.write('}');
        return question.toByteArray();
    }

    /**
     * Returns the ids in {@code answer} as a JSON array, {@code [64,65]}.
     *
     * @throws IOException if it holds none, or what is no id
     */
    public static String ids(byte[] answer) throws IOException {
        String ids = "";
        try (JsonParser parser = FACTORY.createParser(answer)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isList = parser.currentName().equals("tokens");
                if (parser.nextToken() == JsonToken.START_ARRAY && isList) {
                    ids = read(parser);
                } else {
                    parser.skipChildren();
                }
            }
        }
        if (ids.isEmpty()) {
            throw new IOException("no tokens");
        }
        return ids;
    }

    private static String read(JsonParser parser) throws IOException {
        StringBuilder ids = new StringBuilder();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (!TextCompletion.isTokenId(parser)) {
                throw new IOException("a token that is no id");
            }
            ids.append(ids.isEmpty() ? '[' : ',').append(parser.getLongValue());
        }
        return ids.isEmpty() ? "" : ids.append(']').toString();
    }
}
