package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one sample line of the Prometheus text format: {@code name{label="value",...} value timestamp}.
 *
 * <p>Made to be used again for line after line. Never throws, whatever the bytes are.
 */
final class MetricLine {
    private static final int NOWHERE = -1;

    private byte[] line = new byte[0];
    private int length;
    private int nameEnd;
    private int labelsStart; // after the brace; NOWHERE without labels
    private int valueStart;

    /** Takes the first {@code length} bytes of {@code bytes} as the line; tells whether it has the shape of a sample. */
    boolean set(byte[] bytes, int lineLength) {
        line = bytes;
        length = lineLength;
        nameEnd = 0;
        while (nameEnd < length && line[nameEnd] != '{' && !isBlank(line[nameEnd])) {
            nameEnd++;
        }
        int at = skipBlanks(nameEnd);
        labelsStart = NOWHERE;
        if (at < length && line[at] == '{') {
            labelsStart = at + 1;
            at = afterLabels(labelsStart);
        }
        valueStart = skipBlanks(at);
        return valueStart < length && valueStart > nameEnd;
    }

    /** Tells whether the metric is called {@code name}. */
    boolean isNamed(byte[] name) {
        return Arrays.equals(line, 0, nameEnd, name, 0, name.length);
    }

    /** Returns the value; NaN when it is no number, or when more follows it than a timestamp and an exemplar. */
    double value() {
        int end = wordEnd(valueStart);
        int second = skipBlanks(end);
        boolean timestamped = second < length && line[second] != '#';
        int rest = timestamped ? skipBlanks(wordEnd(second)) : second;
        boolean wellEnded = rest >= length || line[rest] == '#';
        if (!wellEnded || (timestamped && Double.isNaN(number(second, wordEnd(second))))) {
            return Double.NaN;
        }
        return number(valueStart, end);
    }

    /** Returns the timestamp; {@link Long#MIN_VALUE} without a usable one. */
    long timestamp() {
        int start = skipBlanks(wordEnd(valueStart));
        double timestamp = number(start, wordEnd(start));
        return Double.isNaN(timestamp) ? Long.MIN_VALUE : (long) timestamp;
    }

    /** Tells whether the label {@code name} has {@code value}, as it stands between its quotes. */
    boolean isLabelled(byte[] name, byte[] value) {
        int start = labelValue(name);
        int end = start == NOWHERE ? NOWHERE : closingQuote(start);
        return end != NOWHERE && Arrays.equals(line, start, end, value, 0, value.length);
    }

    /** Returns the value of the label {@code name}, as it stands between its quotes; null if there is none. */
    @Nullable
    String label(byte[] name) {
        int start = labelValue(name);
        int end = start == NOWHERE ? NOWHERE : closingQuote(start);
        return end == NOWHERE ? null : new String(line, start, end - start, UTF_8);
    }

    /** Returns the value of the label {@code name} if it is a whole number of at most 9 digits, else -1. */
    int wholeLabel(byte[] name) {
        int start = labelValue(name);
        int end = start == NOWHERE ? NOWHERE : closingQuote(start);
        return end == NOWHERE ? -1 : whole(start, end);
    }

    /** Returns where the value of the label {@code name} begins, behind its quote. */
    private int labelValue(byte[] name) {
        int at = labelsStart;
        while (at != NOWHERE && at < length && line[at] != '}') {
            while (at < length && (isBlank(line[at]) || line[at] == ',')) {
                at++;
            }
            int start = at;
            while (at < length && line[at] != '=' && line[at] != '}') {
                at++;
            }
            boolean wanted = Arrays.equals(line, start, trimmedEnd(start, at), name, 0, name.length);
            while (at < length && line[at] != '"' && line[at] != '}') {
                at++;
            }
            if (at >= length || line[at] != '"') {
                return NOWHERE;
            }
            if (wanted) {
                return at + 1;
            }
            int end = closingQuote(at + 1);
            at = end == NOWHERE ? NOWHERE : end + 1;
        }
        return NOWHERE;
    }

    private int afterLabels(int start) {
        int at = start;
        while (at < length && line[at] != '}') {
            if (line[at] == '"') {
                at = closingQuote(at + 1);
                if (at == NOWHERE) {
                    return length;
                }
            }
            at++;
        }
        return at + 1;
    }

    private int closingQuote(int start) {
        for (int at = start; at < length; at++) {
            if (line[at] == '\\') {
                at++;
            } else if (line[at] == '"') {
                return at;
            }
        }
        return NOWHERE;
    }

    private int trimmedEnd(int start, int end) {
        int trimmed = end;
        while (trimmed > start && isBlank(line[trimmed - 1])) {
            trimmed--;
        }
        return trimmed;
    }

    private int whole(int start, int end) {
        if (end == start || end - start > 9) {
            return -1;
        }
        int number = 0;
        for (int at = start; at < end; at++) {
            int digit = line[at] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }

    private double number(int start, int end) {
        if (start >= end) {
            return Double.NaN;
        }
        for (int at = start; at < end; at++) {
            // Java also reads "0x1p3", "1d" and "Infinity", none of which is a usable level.
            byte b = line[at];
            if ((b < '0' || b > '9') && b != '.' && b != '-' && b != '+' && b != 'e' && b != 'E') {
                return Double.NaN;
            }
        }
        String text = new String(line, start, end - start, UTF_8);
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private int wordEnd(int start) {
        int at = start;
        while (at < length && !isBlank(line[at])) {
            at++;
        }
        return at;
    }

    private int skipBlanks(int start) {
        int at = start;
        while (at < length && isBlank(line[at])) {
            at++;
        }
        return at;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }
}
