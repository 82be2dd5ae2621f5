package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The answer to a request for one piece of a chat. Immutable once read. */
public final class ChatPiece {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String LENGTH = "length";

    /** Parts of a message that a further piece cannot go on from. */
    private static final Set<String> NOT_TEXT =
            Set.of("tool_calls", "function_call", "reasoning_content", "reasoning", "refusal", "audio");

    private final byte[] body;
    private String id = "\"\"";
    private String created = "0";
    private String model = "\"\"";
    private String text = "";
    private @Nullable Span textAt;
    private @Nullable Span usageAt;
    private @Nullable String finishReason;
    private boolean isTextAlone = true;
    private long promptTokens;
    private long completionTokens;
    private String promptDetails = "";

    /** Where a value lies in the body. */
    private record Span(int start, int end) {}

    private ChatPiece(byte[] body) {
        this.body = body;
    }

    /** Reads {@code body}; throws IOException if it is no answer to a chat. */
    public static ChatPiece read(byte[] body) throws IOException {
        ChatPiece piece = new ChatPiece(body);
        try (JsonParser parser = FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the answer to a chat is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "id" -> piece.id = piece.raw(parser);
                    case "created" -> piece.created = piece.raw(parser);
                    case "model" -> piece.model = piece.raw(parser);
                    case "choices" -> piece.choices(parser, value);
                    case "usage" -> piece.usage(parser, value);
                    default -> parser.skipChildren();
                }
            }
        }
        if (piece.textAt == null) {
            throw new IOException("the answer to a chat has no message");
        }
        return piece;
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /** Returns where the current value lies, and passes over it. */
    private static Span pass(JsonParser parser) throws IOException {
        int start = start(parser);
        parser.skipChildren();
        parser.finishToken();
        int end = parser.currentToken().isScalarValue() && parser.currentToken().isNumeric()
                ? start + parser.getTextLength()
                : (int) parser.currentLocation().getByteOffset();
        return new Span(start, end);
    }

    private String raw(JsonParser parser) throws IOException {
        Span at = pass(parser);
        return new String(body, at.start(), at.end() - at.start(), StandardCharsets.UTF_8);
    }

    private void choices(JsonParser parser, JsonToken value) throws IOException {
        if (value != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw new IOException("a choice is no JSON object");
            }
            choice(parser);
        }
    }

    private void choice(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("message") && value == JsonToken.START_OBJECT) {
                message(parser);
            } else if (name.equals("finish_reason") && value == JsonToken.VALUE_STRING) {
                finishReason = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
    }

    private void message(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("content")) {
                text = value == JsonToken.VALUE_STRING ? parser.getText() : "";
                textAt = pass(parser);
            } else if (NOT_TEXT.contains(name)) {
                Span at = pass(parser);
                isTextAlone &= value == JsonToken.VALUE_NULL || at.end() - at.start() <= 2; // [], {} or ""
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
            String name = parser.currentName();
            JsonToken count = parser.nextToken();
            if (name.equals("prompt_tokens") && count == JsonToken.VALUE_NUMBER_INT) {
                promptTokens = parser.getLongValue();
            } else if (name.equals("completion_tokens") && count == JsonToken.VALUE_NUMBER_INT) {
                completionTokens = parser.getLongValue();
            } else if (name.equals("prompt_tokens_details")) {
                promptDetails = raw(parser);
            } else {
                parser.skipChildren();
            }
        }
        usageAt = new Span(start, (int) parser.currentLocation().getByteOffset());
    }

    /** Returns its text. */
    public String text() {
        return text;
    }

    /** Returns the tokens that were generated for it. */
    public long tokens() {
        return completionTokens;
    }

    /** Tells whether the answer has come to an end of its own, and not to the end of the piece. */
    public boolean isLast() {
        return (finishReason != null && !finishReason.equals(LENGTH)) || (completionTokens == 0 && text.isEmpty());
    }

    /** Tells whether there is nothing beside text, so that another piece can go on from it. */
    public boolean isTextAlone() {
        return isTextAlone;
    }

    /**
     * Returns the tokens of the whole answer as a usage object: the prompt was this, the first piece's.
     *
     * @param generated tokens of all pieces
     */
    public String usage(long generated) {
        return "{\"prompt_tokens\":" + promptTokens + ",\"completion_tokens\":" + generated + ",\"total_tokens\":"
                + (promptTokens + generated)
                + (promptDetails.isEmpty() ? "" : ",\"prompt_tokens_details\":" + promptDetails) + "}";
    }

    /** Returns this answer with the text of all pieces and {@code usage} in place of its own. */
    public byte[] whole(String wholeText, String usage) {
        List<Splice> splices = new ArrayList<>();
        Span at = textAt;
        if (at != null) {
            splices.add(new Splice(at.start(), at.end() - at.start(), quoted(wholeText)));
        }
        if (usageAt != null) {
            splices.add(new Splice(usageAt.start(), usageAt.end() - usageAt.start(), usage));
        }
        splices.sort(Comparator.comparingInt(Splice::offset));
        return Splice.apply(body, splices);
    }

    private static String quoted(String value) {
        ByteArrayOutputStream json = new ByteArrayOutputStream(value.length() + 16);
        try (JsonGenerator generator = FACTORY.createGenerator(json)) {
            generator.writeString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return json.toString(StandardCharsets.UTF_8);
    }

    /**
     * Returns the event that adds the text of {@code next} to a stream that began with this piece.
     *
     * @param ends whether no other piece follows
     */
    public byte[] event(ChatPiece next, boolean ends) {
        String reason = ends ? quoted(next.finishReason == null ? LENGTH : next.finishReason) : "null";
        String role = next == this ? "\"role\":\"assistant\"," : "";
        return event("[{\"index\":0,\"delta\":{" + role + "\"content\":" + quoted(next.text) + "},\"finish_reason\":"
                + reason + "}]");
    }

    /** Returns the event that reports {@code usage}, and the mark of a stream's end. */
    public byte[] lastEvents(String usage) {
        byte[] report = event("[],\"usage\":" + usage);
        ByteArrayOutputStream events = new ByteArrayOutputStream(report.length + 16);
        events.writeBytes(report);
        events.writeBytes("data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII));
        return events.toByteArray();
    }

    private byte[] event(String choices) {
        return ("data: {\"id\":" + id + ",\"object\":\"chat.completion.chunk\",\"created\":" + created + ",\"model\":"
                        + model + ",\"choices\":" + choices + "}\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
