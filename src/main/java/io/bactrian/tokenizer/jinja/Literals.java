package io.bactrian.tokenizer.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Writes values as Python's {@code repr} does: what a template prints that prints a list. */
final class Literals {
    private final StringBuilder out = new StringBuilder();

    private Literals() {}

    static String write(Object value) {
        Literals literals = new Literals();
        literals.add(value);
        return literals.out.toString();
    }

    private void add(Object value) {
        if (value instanceof String text) {
            quote(text);
        } else if (value instanceof Boolean flag) {
            out.append(flag ? "True" : "False");
        } else if (value instanceof Double real) {
            out.append(Numbers.write(real));
        } else if (value instanceof List<?> list) {
            addList(list);
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator(); entries.hasNext(); ) {
                Map.Entry<?, ?> entry = entries.next();
                add(entry.getKey());
                out.append(": ");
                add(entry.getValue());
                out.append(entries.hasNext() ? ", " : "");
            }
            out.append('}');
        } else if (value instanceof Undefined) {
            out.append("Undefined");
        } else if (value instanceof None || Numbers.isWhole(value)) {
            out.append(value);
        } else {
            throw new TemplateException(Values.kind(value) + " cannot be printed");
        }
    }

    private void addList(List<?> list) {
        boolean isTuple = list instanceof Tuple;
        out.append(isTuple ? '(' : '[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            add(items.next());
            out.append(items.hasNext() ? ", " : isTuple && list.size() == 1 ? "," : "");
        }
        out.append(isTuple ? ')' : ']');
    }

    private void quote(String text) {
        char mark = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(mark);
        text.codePoints().forEach(point -> {
            if (point == mark || point == '\\') {
                out.append('\\').append((char) point);
            } else if (point == '\n' || point == '\r' || point == '\t') {
                out.append(point == '\n' ? "\\n" : point == '\r' ? "\\r" : "\\t");
            } else if (isPrintable(point)) {
                out.appendCodePoint(point);
            } else {
                out.append(escape(point));
            }
        });
        out.append(mark);
    }

    private static String escape(int point) {
        return String.format(point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x", point);
    }

    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> point == ' ';
            default -> true;
        };
    }
}
