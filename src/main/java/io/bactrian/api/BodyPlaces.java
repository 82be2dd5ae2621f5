package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.request.RequestBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Where in a body those members of its object lie that a split of prefill and decode rewrites. Found while the body is read; the
 * body's bytes must be held while this is used.
 */
public final class BodyPlaces {
    /** A body without an object, or one that was not read. */
    public static final BodyPlaces NONE = new BodyPlaces(new ByteViews(RequestBytes.EMPTY), 0);

    private static final JsonFactory FACTORY = new JsonFactory();

    private final ByteViews bytes;

    /** Where the first byte of {@link #bytes} lies in the whole body. */
    private final int base;

    /** What was noted, in the order of the body; {@code bounds[2i]} and {@code bounds[2i + 1]} say where the value of i lies. */
    private BodyMember[] noted = {};

    private int[] bounds = {};
    private int size;

    private int members;

    BodyPlaces(ByteViews bytes) {
        this(bytes, 0);
    }

    private BodyPlaces(ByteViews bytes, int base) {
        this.bytes = bytes;
        this.base = base;
    }

    /** Counts a member of the object. */
    void count() {
        members++;
    }

    /**
     * Notes where the value of {@code member} begins.
     *
     * @param end where it ends if it is an object or array, else -1
     */
    void note(BodyMember member, int start, int end) {
        if (size == noted.length) {
            noted = Arrays.copyOf(noted, size + 8);
            bounds = Arrays.copyOf(bounds, 2 * noted.length);
        }
        noted[size] = member;
        bounds[2 * size] = start;
        bounds[2 * size + 1] = end;
        size++;
    }

    /** Tells whether the object has the member called {@code key}, which must be one that a split rewrites. */
    public boolean has(String key) {
        return start(member(key)) >= 0;
    }

    /** Returns the value of {@code key} as it is written; the empty string if there is none. */
    public String json(String key) {
        BodyMember member = member(key);
        int start = start(member);
        if (start < 0) {
            return "";
        }
        return new String(bytes(member), StandardCharsets.UTF_8);
    }

    /** Tells whether the value of {@code key} begins with {@code letter}; not if there is none. */
    public boolean begins(String key, char letter) {
        int start = start(member(key));
        return start >= 0 && bytes.at(start) == letter;
    }

    /** Returns a copy of the whole body. */
    byte[] whole() {
        byte[] body = new byte[bytes.length()];
        bytes.copy(0, body, 0, body.length);
        return body;
    }

    /** Returns a copy of the value of {@code member}, which must be there. */
    byte[] bytes(BodyMember member) {
        byte[] value = new byte[end(member) - start(member)];
        bytes.copy(start(member), value, 0, value.length);
        return value;
    }

    /** Returns the places inside the object that is the value of {@code key}. */
    BodyPlaces inside(String key) {
        BodyMember outer = member(key);
        byte[] object = bytes(outer);
        BodyPlaces inside = new BodyPlaces(new ByteViews(RequestBytes.of(object)), base + start(outer));
        try (JsonParser parser = FACTORY.createParser(object)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                BodyMember member = BodyMember.of(parser.currentName());
                JsonToken value = parser.nextToken();
                int start = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                inside.count();
                if (member != null) {
                    boolean isStruct = value.isStructStart();
                    inside.note(
                            member,
                            start,
                            isStruct ? (int) parser.currentTokenLocation().getByteOffset() + 1 : -1);
                }
            }
            return inside;
        } catch (IOException e) {
            throw new UncheckedIOException("reading what has been read before", e);
        }
    }

    private static BodyMember member(String key) {
        BodyMember member = BodyMember.of(key);
        if (member == null) {
            throw new IllegalArgumentException("member: " + key + " (expected: one that BodyMember lists)");
        }
        return member;
    }

    /** Returns where the value of {@code member} begins; -1 if there is none. */
    int start(BodyMember member) {
        int index = indexOf(member);
        return index < 0 ? -1 : bounds[2 * index];
    }

    int end(BodyMember member) {
        int end = bounds[2 * indexOf(member) + 1];
        return end >= 0 ? end : scalarEnd(start(member));
    }

    /** There are a dozen at most, and who asks is about to send two requests. */
    private int indexOf(BodyMember member) {
        for (int i = 0; i < size; i++) {
            if (noted[i] == member) {
                return i;
            }
        }
        return -1;
    }

    /** Returns where the JSON text ends whose opening quote is at {@code start}. */
    static int endOfText(byte[] json, int start) {
        int i = start + 1;
        while (json[i] != '"') {
            i += json[i] == '\\' ? 2 : 1;
        }
        return i + 1;
    }

    private int scalarEnd(int start) {
        if (bytes.at(start) == '"') {
            int i = start + 1;
            while (bytes.at(i) != '"') {
                i += bytes.at(i) == '\\' ? 2 : 1;
            }
            return i + 1;
        }
        int i = start;
        while (i < bytes.length() && ",]} \t\r\n".indexOf(bytes.at(i)) < 0) {
            i++;
        }
        return i;
    }

    /** Returns where the name of the member begins whose value begins at {@code valueStart}. */
    int nameStart(int valueStart) {
        int quote = backOverSpace(backOverSpace(valueStart - 1) - 1); // over the colon
        int i = quote - 1;
        while (bytes.at(i) != '"') {
            i--; // no name that is looked for holds a quote
        }
        return i;
    }

    /** Returns the last place up to {@code from} that is no white space. */
    int backOverSpace(int from) {
        int i = from;
        while (isSpace(bytes.at(i))) {
            i--;
        }
        return i;
    }

    /** Returns the first place from {@code from} on that is no white space. */
    int overSpace(int from) {
        int i = from;
        while (isSpace(bytes.at(i))) {
            i++;
        }
        return i;
    }

    private static boolean isSpace(byte value) {
        return value == ' ' || value == '\n' || value == '\r' || value == '\t';
    }

    byte at(int place) {
        return bytes.at(place);
    }

    /** Returns where the object's closing brace is. */
    int close() {
        return backOverSpace(bytes.length() - 1);
    }

    int members() {
        return members;
    }

    int base() {
        return base;
    }
}
