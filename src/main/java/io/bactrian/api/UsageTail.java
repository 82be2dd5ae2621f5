package io.bactrian.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usage of a whole JSON answer from its last bytes alone.
 *
 * <p>Model servers write {@code usage} as one of the last members. So the last member of that name is looked for from the end,
 * its counts are read where they stand, and what follows tells whether it is a member of the answer itself: then exactly one
 * object is still open. Whatever is not as plain as that is left to the JSON parser, which takes 2 us for the
 * 500 bytes of a short answer: a sixth of what relaying it takes.
 */
final class UsageTail {
    private static final int MAX_BYTES = 512;
    private static final byte[] NEEDLE = {'"', 'u', 's', 'a', 'g', 'e', '"'};
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};
    private static final int MAX_DIGITS = 9; // always an int
    private static final int NO_COUNT = -1;

    private final byte[] json;
    private final UsageCounts counts = new UsageCounts();
    private int at;

    private UsageTail(byte[] json) {
        this.json = json;
    }

    /** Returns the usage of {@code body}, from its position to its limit; null if the parser must be asked. */
    static @Nullable TokenUsage read(ByteBuffer body) {
        byte[] bytes = new byte[Math.min(MAX_BYTES, body.remaining())];
        body.get(body.limit() - bytes.length, bytes);
        UsageTail tail = new UsageTail(bytes);
        try {
            return tail.find() && tail.object(true) && tail.endsTheAnswer() ? tail.counts.usage() : null;
        } catch (ArrayIndexOutOfBoundsException e) {
            return null; // cut: not JSON
        }
    }

    /** Goes behind the last {@code "usage":} that is the name of a member; its first quote must not be one within a string. */
    private boolean find() {
        for (int i = json.length - NEEDLE.length; i > 0; i--) {
            if (json[i] == '"' && json[i + 1] == 'u' && startsWith(i, NEEDLE)) {
                at = i + NEEDLE.length;
                return json[i - 1] != '\\' && next() == ':';
            }
        }
        return false;
    }

    /** Reads an object of counts; tells whether it was one. */
    private boolean object(boolean isUsage) {
        if (next() != '{') {
            return false;
        }
        int after;
        do {
            if (next() != '"') {
                return false;
            }
            String name = name();
            if (next() != ':' || !value(name, isUsage)) {
                return false;
            }
            after = next();
        } while (after == ',');
        return after == '}';
    }

    private boolean value(String name, boolean isUsage) {
        int first = next();
        at--;
        if (first == '{' && isUsage) {
            return UsageCounts.isDetails(name) ? object(false) : skipFlatObject();
        }
        if (first == 'n') {
            boolean isNull = startsWith(at, NULL);
            at += NULL.length;
            return isNull;
        }
        int count = number();
        if (count == NO_COUNT) {
            return false;
        }
        if (isUsage) {
            counts.set(name, count);
        } else {
            counts.setDetail(name, count);
        }
        return true;
    }

    /** Passes over an object that holds no other and no array; tells whether it was one. */
    private boolean skipFlatObject() {
        at++;
        int next;
        while ((next = next()) != '}') {
            if (next == '{' || next == '[') {
                return false;
            }
            if (next == '"') {
                skipString();
            }
        }
        return true;
    }

    private int number() {
        int value = 0;
        int start = at;
        while (json[at] >= '0' && json[at] <= '9') {
            value = 10 * value + json[at++] - '0';
        }
        int digits = at - start;
        boolean isPlain = digits > 0 && digits <= MAX_DIGITS && (digits == 1 || json[start] != '0');
        return isPlain ? value : NO_COUNT; // what ends a number is checked by who reads on
    }

    /** Tells whether what follows closes one object, and the answer with it. */
    private boolean endsTheAnswer() {
        int depth = 1;
        while (depth > 0) {
            switch (next()) {
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                case '"' -> skipString();
                default -> {} // a number, a literal, a comma, a colon
            }
        }
        if (json[at - 1] != '}') {
            return false;
        }
        while (at < json.length) {
            if (json[at++] > ' ') {
                return false;
            }
        }
        return true;
    }

    /** Returns the name begun; one with an escape is not followed by a colon here, which leaves it to the parser. */
    private String name() {
        int start = at;
        while (json[at] != '"' && json[at] != '\\') {
            at++;
        }
        return new String(json, start, at++ - start, ISO_8859_1);
    }

    private void skipString() {
        while (json[at] != '"') {
            at += json[at] == '\\' ? 2 : 1;
        }
        at++;
    }

    private int next() {
        while (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t') {
            at++;
        }
        return json[at++];
    }

    private boolean startsWith(int from, byte[] expected) {
        for (int i = 0; i < expected.length; i++) {
            if (json[from + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
