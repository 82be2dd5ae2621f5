package io.bactrian.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Strings as Python sees them: of code points, with its idea of what a space is. */
final class Text {
    private Text() {}

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Returns the index in {@code text} of the code point {@code index}. */
    static int offset(String text, int index) {
        return text.offsetByCodePoints(0, index);
    }

    /** Returns the code points one by one. */
    static List<Object> characters(String text) {
        List<Object> characters = new ArrayList<>(text.length());
        text.codePoints().forEach(point -> characters.add(Character.toString(point)));
        return characters;
    }

    static boolean isSpace(int point) {
        return (point >= 9 && point <= 13)
                || (point >= 0x1c && point <= 0x20)
                || point == 0x85
                || (point > 0x7f && Character.isSpaceChar(point));
    }

    static String strip(String text, IntPredicate stripped) {
        return stripEnd(stripStart(text, stripped), stripped);
    }

    static String stripStart(String text, IntPredicate stripped) {
        int from = 0;
        while (from < text.length() && stripped.test(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        return text.substring(from);
    }

    static String stripEnd(String text, IntPredicate stripped) {
        int to = text.length();
        while (to > 0 && stripped.test(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(0, to);
    }

    /** Returns the first letter of each word large and the others small. */
    static String title(String text) {
        StringBuilder title = new StringBuilder(text.length());
        boolean inside = false;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            title.appendCodePoint(inside ? Character.toLowerCase(point) : Character.toTitleCase(point));
            inside = Character.isLetter(point);
            i += Character.charCount(point);
        }
        return title.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = Character.charCount(text.codePointAt(0));
        return title(text.substring(0, first)) + text.substring(first).toLowerCase(java.util.Locale.ROOT);
    }

    /** Compares by code points; Java's own order is that of UTF-16. */
    static int compare(String one, String other) {
        int shorter = Math.min(one.length(), other.length());
        for (int i = 0; i < shorter; i++) {
            if (one.charAt(i) != other.charAt(i)) {
                return Integer.compare(pointAt(one, i), pointAt(other, i));
            }
        }
        return Integer.compare(one.length(), other.length());
    }

    private static int pointAt(String text, int index) {
        boolean second = index > 0
                && Character.isLowSurrogate(text.charAt(index))
                && Character.isHighSurrogate(text.charAt(index - 1));
        return text.codePointAt(second ? index - 1 : index);
    }
}
