package io.bactrian.api;

import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Brings the path of a request target into its normal form, or refuses it.
 *
 * <p>Normalising follows RFC 3986 section 6.2.2: needless percent-encoding is decoded, dot segments are resolved, empty segments
 * are dropped. What servers are known to read differently is refused: an encoded slash, backslash, dot segment, percent
 * sign, semicolon or control character, parameters of a segment, a path that climbs above the root.
 */
final class PathForm {
    /** Reserved characters that may stand in a segment as they are; a semicolon may not. */
    private static final String PLAIN = "-._~!$&'()*+,=:@";

    /** Characters that stay encoded because their encoded and plain forms differ, yet confuse nobody. */
    private static final String STAYS_ENCODED = "!$&'()*+,=:@ \"<>[]^`{|}";

    private PathForm() {}

    /** Returns the normal form of {@code path}, which begins with a slash. */
    static String normal(String path) {
        List<String> segments = new ArrayList<>();
        int start = 1;
        while (start <= path.length()) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            append(segments, path.substring(start, end), slash < 0);
            start = end + 1;
        }
        return '/' + String.join("/", segments);
    }

    private static void append(List<String> segments, String raw, boolean last) {
        String segment = decode(raw);
        boolean dots = segment.equals(".") || segment.equals("..");
        if (dots && raw.indexOf('%') >= 0) {
            throw refuse("an encoded dot segment");
        }
        if (segment.equals("..")) {
            if (segments.isEmpty()) {
                throw refuse("a climb above the root");
            }
            segments.remove(segments.size() - 1);
        }
        if (!dots && !segment.isEmpty()) {
            segments.add(segment);
        } else if (last && !segments.isEmpty()) {
            // The slash at the end of a path is part of it.
            segments.add("");
        }
    }

    private static String decode(String raw) {
        StringBuilder segment = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char letter = raw.charAt(i);
            if (letter == '%') {
                decodeOctet(raw, i, segment);
                i += 2;
            } else if (isLetterOrDigit(letter) || PLAIN.indexOf(letter) >= 0) {
                segment.append(letter);
            } else {
                throw refuse(letter == ';' ? "a path parameter" : "a character that must be encoded");
            }
        }
        return segment.toString();
    }

    private static void decodeOctet(String raw, int at, StringBuilder segment) {
        int high = at + 2 < raw.length() ? Hex.digit(raw.charAt(at + 1)) : -1;
        int low = high < 0 ? -1 : Hex.digit(raw.charAt(at + 2));
        if (low < 0) {
            throw refuse("a percent sign without two digits");
        }
        char octet = (char) (high << 4 | low);
        if (isLetterOrDigit(octet) || "-._~".indexOf(octet) >= 0) {
            segment.append(octet);
        } else if (STAYS_ENCODED.indexOf(octet) >= 0) {
            segment.append('%').append(raw.substring(at + 1, at + 3).toUpperCase(Locale.ROOT));
        } else {
            throw refuse("an encoded character that servers read differently");
        }
    }

    private static boolean isLetterOrDigit(char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    }

    static InferenceException refuse(String found) {
        return new InferenceException(
                ErrorCode.BAD_REQUEST, "request target: " + found + " (expected: an unambiguous path)");
    }
}
