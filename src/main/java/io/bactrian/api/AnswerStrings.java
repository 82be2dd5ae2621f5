package io.bactrian.api;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds where an answer names its model, or itself, in a stream of JSON or of server-sent events that comes in pieces of any size.
 *
 * <p>What is looked for is the string called {@code model}, or {@code id}, of the answer itself, and of the {@code response} or
 * {@code message} that an event is about; whatever stands in texts, arguments, metadata or deeper is not. What is no JSON is passed over.
 * One stream, one thread.
 */
public final class AnswerStrings {
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final byte[] RESPONSE = {'r', 'e', 's', 'p', 'o', 'n', 's', 'e'};
    private static final byte[] MESSAGE = {'m', 'e', 's', 's', 'a', 'g', 'e'};

    /** Names of members, as far as they matter. */
    private enum Name {
        WANTED,
        /** Whose object may hold the string, too. */
        OUTER,
        OTHER
    }

    private final byte[] wanted;
    private final boolean events;

    /** Bytes of {@link #DATA} that the line began with; -1 in a line that is no data. */
    private int matched;

    private boolean lineIsEmpty = true;
    private boolean afterCr;

    private int depth;
    private boolean inString;
    private boolean escaped;
    private boolean inValue;
    private final byte[] string = new byte[RESPONSE.length];
    private int stringLength; // longer than the array if it is no name that matters
    private Name last = Name.OTHER; // the string that ended last, should it be a name
    private Name name = Name.OTHER; // of the value to come
    private Name rootName = Name.OTHER; // of the member of the root that is being read
    private boolean isOuter; // whether the object at depth 2 may hold the string
    private boolean afterColon;

    private AnswerStrings(String wanted, boolean events) {
        this.wanted = wanted.getBytes(StandardCharsets.US_ASCII);
        this.events = events;
    }

    /**
     * Looks for the names of the model.
     *
     * @param events whether the stream is one of events, else one JSON value
     */
    public static AnswerStrings model(boolean events) {
        return new AnswerStrings("model", events);
    }

    /**
     * Looks for what the answer is called.
     *
     * @param events whether the stream is one of events, else one JSON value
     */
    public static AnswerStrings id(boolean events) {
        return new AnswerStrings("id", events);
    }

    /** Tells whether the stream stands within such a string. */
    public boolean isInValue() {
        return inValue;
    }

    /**
     * Scans {@code bytes} from index {@code from} to the limit for the next beginning or end of such a string.
     *
     * @return the index behind the quote that begins it, or of the quote that ends it, behind which the next call goes on; else the limit
     */
    public int next(ByteBuffer bytes, int from) {
        int limit = bytes.limit();
        boolean before = inValue;
        for (int i = from; i < limit; i++) {
            byte value = bytes.get(i);
            if (events && (value == '\n' || value == '\r')) {
                endLine(value);
            } else if (!events || isData(value)) {
                take(value);
            }
            if (inValue != before) {
                return inValue ? i + 1 : i;
            }
        }
        return limit;
    }

    private void endLine(byte value) {
        boolean isSecondHalf = value == '\n' && afterCr;
        afterCr = value == '\r';
        if (isSecondHalf) {
            return;
        }
        if (lineIsEmpty) {
            depth = 0;
            inString = false;
            escaped = false;
            afterColon = false;
            rootName = Name.OTHER;
        }
        inValue = false; // no line ends within a string
        lineIsEmpty = true;
        matched = 0;
    }

    private boolean isData(byte value) {
        lineIsEmpty = false;
        afterCr = false;
        if (matched == DATA.length) {
            return true;
        }
        matched = matched >= 0 && value == DATA[matched] ? matched + 1 : -1;
        return false;
    }

    private void take(byte value) {
        if (inString) {
            takeInString(value);
            return;
        }
        switch (value) {
            case '"' -> {
                inString = true;
                stringLength = 0;
                inValue = afterColon && name == Name.WANTED && (depth == 1 || (depth == 2 && isOuter));
                afterColon = false;
            }
            case ':' -> {
                name = last;
                rootName = depth == 1 ? last : rootName;
                afterColon = true;
            }
            case '{', '[' -> {
                depth++;
                if (depth == 2) {
                    isOuter = value == '{' && afterColon && rootName == Name.OUTER;
                }
                afterColon = false;
                last = Name.OTHER;
            }
            case '}', ']' -> {
                depth--;
                afterColon = false;
                last = Name.OTHER;
            }
            case ',' -> {
                afterColon = false;
                last = Name.OTHER;
            }
            default -> {}
        }
    }

    private void takeInString(byte value) {
        if (escaped) {
            escaped = false;
        } else if (value == '\\') {
            escaped = true;
            stringLength = string.length + 1;
        } else if (value == '"') {
            inString = false;
            last = inValue ? Name.OTHER : nameOfString();
            inValue = false;
        } else if (stringLength < string.length) {
            string[stringLength++] = value;
        } else {
            stringLength = string.length + 1;
        }
    }

    private Name nameOfString() {
        if (is(wanted)) {
            return Name.WANTED;
        }
        return is(RESPONSE) || is(MESSAGE) ? Name.OUTER : Name.OTHER;
    }

    private boolean is(byte[] name) {
        return stringLength == name.length && Arrays.equals(string, 0, stringLength, name, 0, name.length);
    }
}
