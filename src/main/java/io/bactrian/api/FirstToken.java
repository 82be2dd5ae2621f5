package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The one token that a server has generated which computed the prompt of a completion for another. Read from an answer that nobody vouches
 * for: what would make the client's answer wrong is refused. Immutable.
 */
public final class FirstToken {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String LENGTH = "length";
    private static final String STOP = "stop";
    private static final char UNDECODABLE = '\ufffd';

    /** No token of any vocabulary has as many characters. */
    private static final int MAX_TEXT_LENGTH = 4096;

    private final byte[] answer;
    private long id = -1;
    private @Nullable String text;
    private @Nullable String finishReason;
    private int choiceCount;
    private long generated = 1; // what a server that does not count was asked for
    private String completionId = "";
    private String created = "";
    private String model = "";
    private String choices = "";
    private String usage = "";

    private FirstToken(byte[] answer) {
        this.answer = answer;
    }

    /**
     * Reads {@code answer}, to a completion of one token whose id is wanted in {@code kv_transfer_params.first_tok} (LMCache).
     *
     * @throws IOException if there is no such token, no text, or more than one of them
     */
    public static FirstToken read(byte[] answer) throws IOException {
        FirstToken token = new FirstToken(answer);
        try (JsonParser parser = FACTORY.createParser(answer)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                token.member(parser, parser.currentName(), parser.nextToken());
            }
        }
        token.check();
        return token;
    }

    private void member(JsonParser parser, String name, JsonToken value) throws IOException {
        switch (name) {
            case "id" -> completionId = raw(parser);
            case "created" -> created = raw(parser);
            case "model" -> model = raw(parser);
            case "choices" -> choices(parser, value);
            case "usage" -> usage(parser, value);
            case "kv_transfer_params" -> params(parser, value);
            default -> parser.skipChildren();
        }
    }

    private void choices(JsonParser parser, JsonToken value) throws IOException {
        int start = start(parser);
        if (value != JsonToken.START_ARRAY) {
            throw new IOException("choices that are no list");
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw new IOException("a choice that is no JSON object");
            }
            choiceCount++;
            choice(parser);
        }
        choices = text(start, end(parser));
    }

    private void choice(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("text") && value == JsonToken.VALUE_STRING) {
                text = parser.getText();
            } else if (name.equals("finish_reason") && value == JsonToken.VALUE_STRING) {
                finishReason = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
    }

    private void usage(JsonParser parser, JsonToken value) throws IOException {
        int start = start(parser);
        if (value != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean counts = parser.currentName().equals("completion_tokens");
            if (parser.nextToken() == JsonToken.VALUE_NUMBER_INT && counts) {
                generated = isLong(parser) ? parser.getLongValue() : Long.MAX_VALUE;
            } else {
                parser.skipChildren();
            }
        }
        usage = text(start, end(parser));
    }

    private void params(JsonParser parser, JsonToken value) throws IOException {
        if (value != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isId = parser.currentName().equals("first_tok");
            parser.nextToken();
            if (isId && !TextCompletion.isTokenId(parser)) {
                throw new IOException("a first token that is no id");
            }
            if (isId) {
                id = parser.getLongValue();
            } else {
                parser.skipChildren();
            }
        }
    }

    private void check() throws IOException {
        if (id < 0) {
            throw new IOException("no first token");
        }
        if (choiceCount != 1 || text == null || text.length() > MAX_TEXT_LENGTH) {
            throw new IOException("no text, or more than that of a token");
        }
        if (generated != 1) {
            throw new IOException(generated + " tokens in place of one");
        }
        if (!LENGTH.equals(finishReason) && !STOP.equals(finishReason)) {
            throw new IOException("an answer that ends neither by its length nor by itself");
        }
    }

    private static boolean isLong(JsonParser parser) throws IOException {
        return parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    private static int end(JsonParser parser) {
        return (int) parser.currentLocation().getByteOffset();
    }

    private String raw(JsonParser parser) throws IOException {
        int start = start(parser);
        parser.skipChildren();
        parser.finishToken();
        boolean isNumber = parser.currentToken().isNumeric(); // which the parser has read one letter beyond
        return text(start, isNumber ? start + parser.getTextLength() : end(parser));
    }

    private String text(int start, int end) {
        return new String(answer, start, end - start, StandardCharsets.UTF_8);
    }

    /** Returns its number in the vocabulary. */
    public long id() {
        return id;
    }

    /** Returns its text. */
    public String text() {
        return text == null ? "" : text;
    }

    /** Tells whether the answer came to an end of its own with it. */
    public boolean isLast() {
        return STOP.equals(finishReason);
    }

    /**
     * Tells whether its text can be put before that of the tokens behind it. A token that is part of a character has none by itself, and
     * one without text may be such a part.
     */
    public boolean hasOwnText() {
        if (text == null || text.isEmpty() || text.indexOf(UNDECODABLE) >= 0) {
            return false;
        }
        return text.codePoints()
                .noneMatch(letter -> letter >= Character.MIN_SURROGATE && letter <= Character.MAX_SURROGATE);
    }

    /** Returns the answer as it came, which nobody may change. */
    public byte[] answer() {
        return answer;
    }

    /**
     * Returns the answer as a stream of events, for a client that wants one.
     *
     * @param withUsage whether its last event tells the tokens
     */
    public byte[] events(boolean withUsage) {
        String event = event(choices);
        String report = withUsage && !usage.isEmpty() ? event("[],\"usage\":" + usage) : "";
        return (event + report + "data: [DONE]\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String member(String name, String value) {
        return value.isEmpty() ? "" : ",\"" + name + "\":" + value;
    }

    private String event(String of) {
        String json = "{\"object\":\"text_completion\"" + member("id", completionId) + member("created", created)
                + member("model", model) + ",\"choices\":" + of + "}";
        return "data: " + json.replace('\n', ' ').replace('\r', ' ') + "\n\n"; // white space alone: texts escape theirs
    }
}
