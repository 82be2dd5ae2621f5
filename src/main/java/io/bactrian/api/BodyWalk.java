package io.bactrian.api;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.bactrian.request.InferenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks a body that must be one JSON object in UTF-8, knowing at each value where its bytes lie.
 *
 * <p>Everything passed over is still checked to be JSON. What is not is refused with the place and what was expected
 * there; the parser's own messages may quote the body and go nowhere. One thread.
 */
final class BodyWalk implements AutoCloseable {
    /** A UTF-16 unit takes at most one escape of this length. */
    private static final int LONGEST_UNIT_BYTES = 6;

    private final BodyParser parser;
    private final ByteViews bytes;
    private int stringEnd;

    private BodyWalk(BodyParser parser, ByteViews bytes) {
        this.parser = parser;
        this.bytes = bytes;
    }

    /** Opens a body and steps into its object. */
    static BodyWalk open(BodyParsers parsers, ByteViews bytes) {
        requireObjectStart(bytes);
        BodyWalk walk = new BodyWalk(parsers.open(bytes), bytes);
        boolean opened = false;
        try {
            walk.next();
            opened = true;
        } finally {
            if (!opened) {
                walk.close();
            }
        }
        return walk;
    }

    /** Moves to the next member of the object and returns its name; null at the object's end. */
    @Nullable
    String nextName() {
        try {
            return parser.nextFieldName();
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Moves to the next token; at the end of a complete body there is none. */
    @Nullable
    JsonToken next() {
        try {
            return parser.nextToken();
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Passes over the rest of the current value. */
    void skip() {
        try {
            parser.skipChildren();
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Passes over the members that are left of the object. */
    void skipMembers() {
        for (String name = nextName(); name != null; name = nextName()) {
            next();
            skip();
        }
    }

    /** Makes sure that nothing follows the object, at whose end the walk stands. */
    void finish() {
        if (next() != null) {
            throw Refusal.at("body", "more at " + place(parser.currentTokenLocation()), "nothing after the object");
        }
    }

    /** Returns the offset of the first byte of the current value, or of the bracket that ends one. */
    int start() {
        return parser.tokenStart();
    }

    /** Passes over the current string, so that its end and length are known. */
    void passString() {
        try {
            parser.passString();
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        stringEnd = parser.offset() - 1;
    }

    /**
     * Returns the current string, decoded only after its length is known to be small.
     *
     * @throws InferenceException BAD_REQUEST, naming {@code place}, if it is longer than {@code maxLength} characters
     */
    String shortText(String place, int maxLength) {
        int start = start() + 1;
        passString();
        int length = stringEnd - start;
        String text = length > maxLength * LONGEST_UNIT_BYTES ? null : decode(start, length);
        if (text == null || text.length() > maxLength) {
            throw Refusal.at(place, "too long", "at most " + maxLength + " characters");
        }
        if (hasHalfPair()) {
            throw Refusal.at(place, "half a surrogate pair", "whole characters");
        }
        return text;
    }

    private String decode(int start, int length) {
        byte[] text = new byte[length];
        bytes.copy(start, text, 0, length);
        Unescape unescape = new Unescape();
        unescape.decode(text, length, true);
        return new String(text, 0, unescape.length(), StandardCharsets.UTF_8);
    }

    /** Returns the offset of the closing quote of the string passed last. */
    int stringEnd() {
        return stringEnd;
    }

    /** Returns how many bytes of UTF-8 the text of the string passed last takes. */
    int textLength() {
        return parser.textLength();
    }

    /** Tells whether the string passed last holds half of a surrogate pair. */
    boolean hasHalfPair() {
        return parser.hasHalfPair();
    }

    /** Returns the current number; Long.MAX_VALUE if it is greater, -1 if it is negative or not whole. */
    long wholeNumber() {
        try {
            if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                return switch (parser.getNumberType()) {
                    case INT, LONG -> Math.max(-1, parser.getLongValue());
                    default -> parser.getBigIntegerValue().signum() < 0 ? -1 : Long.MAX_VALUE;
                };
            }
            double value = parser.getDoubleValue();
            return value >= 0 && value == Math.rint(value) ? (long) value : -1;
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the bytes walked over. */
    ByteViews bytes() {
        return bytes;
    }

    @Override
    public void close() {
        try {
            parser.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says what is wrong better than the parser, which takes everything for UTF-8 and anything for a beginning. */
    private static void requireObjectStart(ByteViews bytes) {
        int length = bytes.length();
        if (length == 0) {
            throw Refusal.at("body", "empty", "a JSON object");
        }
        for (int i = 0; i < Math.min(4, length); i++) {
            int head = bytes.at(i) & 0xFF;
            if (head == 0 || (i == 0 && (head == 0xEF || head >= 0xFE))) {
                throw Refusal.at("body", "not plain UTF-8 at byte " + i, "JSON in UTF-8 without a byte order mark");
            }
        }
        int start = 0;
        while (start < length && isSpace(bytes.at(start))) {
            start++;
        }
        if (start == length || bytes.at(start) != '{') {
            throw Refusal.at("body", "not an object at byte " + start, "a JSON object");
        }
    }

    private static boolean isSpace(byte value) {
        return value == ' ' || value == '\n' || value == '\r' || value == '\t';
    }

    private InferenceException malformed(JsonProcessingException e) {
        JsonLocation location = e.getLocation() == null ? parser.currentLocation() : e.getLocation();
        return Refusal.at("body", problem(e) + " near " + place(location), expectation(e));
    }

    private static String place(JsonLocation location) {
        return "byte " + Math.max(0, location.getByteOffset()) + ", line " + location.getLineNr() + ", column "
                + location.getColumnNr();
    }

    private static String problem(JsonProcessingException e) {
        if (e instanceof JsonEOFException) {
            return "cut off";
        }
        return e instanceof StreamConstraintsException ? "over a limit" : "malformed JSON";
    }

    private String expectation(JsonProcessingException e) {
        JsonStreamContext context = parser.getParsingContext();
        if (e instanceof StreamConstraintsException) {
            return context.getNestingDepth() > BodyParsers.MAX_DEPTH
                    ? "at most " + BodyParsers.MAX_DEPTH + " levels"
                    : "names up to " + BodyParsers.MAX_NAME_LENGTH + " bytes, numbers up to "
                            + BodyParsers.MAX_NUMBER_LENGTH + " digits";
        }
        String message = e.getOriginalMessage() == null ? "" : e.getOriginalMessage();
        if (message.startsWith("Illegal unquoted character")) {
            return "control characters in strings escaped";
        }
        if (message.contains("escape")) {
            return "a valid escape";
        }
        if (message.contains("numeric value") || message.contains("number")) {
            return "a number";
        }
        if (context.inArray()) {
            return "a value, ',' or ']'";
        }
        return context.inObject() ? "a name, ':', a value, ',' or '}'" : "nothing after the object";
    }
}
