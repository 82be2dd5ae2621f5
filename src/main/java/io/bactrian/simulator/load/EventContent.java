package io.bactrian.simulator.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Tells what an event of an OpenAI stream carries without parsing it.
 *
 * <p>One pass over the bytes looks at every key. That is enough: inside a JSON string a quote is escaped, so a key's
 * closing quote and colon cannot appear in text. Parsing each event would cost the sender several times as much.
 */
final class EventContent {
    /** The event is the end mark {@code [DONE]}. */
    static final int DONE = 1;
    /** The event carries generated text, reasoning or tool arguments. */
    static final int TEXT = 1 << 1;
    /** The event carries token counts. */
    static final int USAGE = 1 << 2;
    /** The event reports an error. */
    static final int ERROR = 1 << 3;

    private static final byte[] DONE_MARK = bytes("[DONE]");
    private static final byte[][] TEXT_KEYS = {
        bytes("content"), bytes("text"), bytes("reasoning_content"), bytes("reasoning"), bytes("arguments")
    };
    private static final byte[] USAGE_KEY = bytes("usage");
    private static final byte[] ERROR_KEY = bytes("error");

    private EventContent() {}

    /** Returns the sum of what {@code event[from]} to {@code event[to - 1]} carries. */
    static int of(byte[] event, int from, int to) {
        if (Arrays.equals(event, from, to, DONE_MARK, 0, DONE_MARK.length)) {
            return DONE;
        }
        int found = 0;
        int openingQuote = -1;
        for (int i = from; i < to; i++) {
            if (event[i] == '\\') {
                i++;
            } else if (event[i] == '"') {
                if (openingQuote < 0) {
                    openingQuote = i;
                } else {
                    found |= key(event, openingQuote + 1, i, to);
                    openingQuote = -1;
                }
            }
        }
        return found;
    }

    /** Returns what follows the string between {@code from} and {@code closingQuote}, if it is a key we look for. */
    private static int key(byte[] event, int from, int closingQuote, int to) {
        int colon = skipSpace(event, closingQuote + 1, to);
        if (colon == to || event[colon] != ':') {
            return 0;
        }
        int value = skipSpace(event, colon + 1, to);
        if (value == to) {
            return 0;
        }
        if (event[value] == '"') {
            boolean isEmpty = value + 1 < to && event[value + 1] == '"';
            return !isEmpty && isTextKey(event, from, closingQuote) ? TEXT : isError(event, from, closingQuote);
        }
        if (event[value] == '{') {
            return equals(event, from, closingQuote, USAGE_KEY) ? USAGE : isError(event, from, closingQuote);
        }
        return 0;
    }

    private static int isError(byte[] event, int from, int to) {
        return equals(event, from, to, ERROR_KEY) ? ERROR : 0;
    }

    private static boolean isTextKey(byte[] event, int from, int to) {
        for (byte[] key : TEXT_KEYS) {
            if (equals(event, from, to, key)) {
                return true;
            }
        }
        return false;
    }

    private static boolean equals(byte[] event, int from, int to, byte[] key) {
        return to - from == key.length && Arrays.equals(event, from, to, key, 0, key.length);
    }

    private static int skipSpace(byte[] event, int from, int to) {
        int i = from;
        while (i < to && (event[i] == ' ' || event[i] == '\t')) {
            i++;
        }
        return i;
    }

    private static byte[] bytes(String ascii) {
        return ascii.getBytes(StandardCharsets.US_ASCII);
    }
}
