package io.bactrian.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Writes values as Python's {@code json.dumps} does, which is not how Jackson does: the spaces are tokens. */
public final class PythonJson {
    private final StringBuilder out = new StringBuilder();
    private final Style style;

    /**
     * @param ascii whether other letters are escaped
     * @param lines whether every item stands on a line of its own, {@code indent} deeper than what it is in
     */
    private record Style(boolean ascii, boolean lines, String indent, String item, String key, boolean sorted) {}

    private PythonJson(Style style) {
        this.style = style;
    }

    /** Writes a value made of maps, lists, strings, numbers and booleans, as {@code json.dumps(value)} does: in ASCII. */
    public static String write(Object value) {
        return write(value, new Style(true, false, "", ", ", ": ", false));
    }

    /** The filter {@code tojson} of chat templates. */
    static String filter(Object value, Arguments arguments, Budget budget) {
        Object given = arguments.get(1, "indent", None.NONE);
        boolean lines = !(given instanceof None);
        String indent = given instanceof String text ? text : lines ? " ".repeat(width(given)) : "";
        Object separators = arguments.get(2, "separators", None.NONE);
        String item = lines ? "," : ", ";
        String key = ": ";
        if (separators instanceof List<?> pair && pair.size() == 2) {
            item = Values.text(pair.get(0));
            key = Values.text(pair.get(1));
        }
        boolean ascii = arguments.flag(0, "ensure_ascii", false);
        String json = write(value, new Style(ascii, lines, indent, item, key, arguments.flag(3, "sort_keys", false)));
        budget.make(json.length());
        return json;
    }

    private static int width(Object indent) {
        int width = Math.max(0, Numbers.index(indent));
        if (width > 16) {
            throw new TemplateException("tojson: an indent above 16");
        }
        return width;
    }

    private static String write(Object value, Style style) {
        PythonJson json = new PythonJson(style);
        json.add(value, 0);
        return json.out.toString();
    }

    private void add(Object value, int level) {
        if (value instanceof String text) {
            quote(text);
        } else if (value instanceof Boolean || value instanceof None || Numbers.isNumber(value)) {
            out.append(scalar(value));
        } else if (value instanceof List<?> list) {
            addList(list, level);
        } else if (value instanceof Map<?, ?> map) {
            addMap(map, level);
        } else {
            throw new TemplateException("tojson: " + Values.kind(value) + " cannot be written");
        }
    }

    private static String scalar(Object value) {
        if (value instanceof Double real) {
            String written = Numbers.write(real);
            return switch (written) {
                case "nan" -> "NaN";
                case "inf" -> "Infinity";
                case "-inf" -> "-Infinity";
                default -> written;
            };
        }
        return value instanceof None ? "null" : value.toString();
    }

    private void addList(List<?> list, int level) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            newLine(level + 1);
            add(items.next(), level + 1);
            out.append(items.hasNext() ? style.item() : "");
        }
        newLine(level);
        out.append(']');
    }

    private void addMap(Map<?, ?> map, int level) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (style.sorted()) {
            entries.sort(Comparator.comparing(entry -> keyOf(entry.getKey()), Text::compare));
        }
        out.append('{');
        for (Iterator<Map.Entry<?, ?>> left = entries.iterator(); left.hasNext(); ) {
            Map.Entry<?, ?> entry = left.next();
            newLine(level + 1);
            quote(keyOf(entry.getKey()));
            out.append(style.key());
            add(entry.getValue(), level + 1);
            out.append(left.hasNext() ? style.item() : "");
        }
        newLine(level);
        out.append('}');
    }

    private static String keyOf(Object key) {
        return key instanceof String text ? text : scalar(key);
    }

    private void newLine(int level) {
        if (style.lines()) {
            out.append('\n').append(style.indent().repeat(level));
        }
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            switch (next) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (next < ' ' || (style.ascii() && next > '~')) {
                        escape(next);
                    } else {
                        out.append(next);
                    }
                }
            }
        }
        out.append('"');
    }

    private void escape(char next) {
        String digits = Integer.toHexString(next);
        out.append("\\u").append("0".repeat(4 - digits.length())).append(digits);
    }
}
