package io.bactrian.tokenizer.jinja;

import io.bactrian.tokenizer.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens.
 *
 * <p>White space goes as HuggingFace sets Jinja: the line end after a block or comment is left out ({@code trim_blocks}), so are the spaces of
 * a line before one ({@code lstrip_blocks}); {@code -} takes all white space on its side, {@code +} keeps it; one line end at the end of the
 * template is left out.
 */
final class Lexer {
    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-%}|%})");
    private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%}");
    private static final Pattern FLOAT =
            Pattern.compile("\\d[\\d_]*(?:(?:\\.\\d[\\d_]*)?[eE][+-]?\\d[\\d_]*|\\.\\d[\\d_]*)");
    private static final Pattern INTEGER = Pattern.compile("\\d[\\d_]*");
    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*");
    private static final Pattern STRING = Pattern.compile(
            "'([^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+)'|\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"", Pattern.DOTALL);
    private static final Pattern OPERATOR = Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}<>=.:|,;]");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int counted; // up to here, line ends are counted
    private int line = 1;
    private boolean atLineStart = true; // what was read last ended with a line end

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> read(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
        lexer.read();
        return lexer.tokens;
    }

    private void read() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                add(Kind.DATA, source.substring(at));
                break;
            }
            char kind = source.charAt(tag + 1);
            Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
            boolean isRaw = kind == '%' && raw.lookingAt();
            addData(source.substring(at, tag), signAt(tag + 2), kind);
            at = tag;
            if (isRaw) {
                readRaw(raw);
            } else if (kind == '#') {
                readComment();
            } else {
                readCode(kind == '%');
            }
        }
        at = source.length();
        add(Kind.END, "");
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private char signAt(int index) {
        return index < source.length() ? source.charAt(index) : ' ';
    }

    private void addData(String data, char sign, char kind) {
        String kept = data;
        if (sign == '-') {
            kept = Text.stripEnd(data, Text::isSpace);
        } else if (sign != '+' && kind != '{') {
            int line = data.lastIndexOf('\n') + 1;
            if ((line > 0 || atLineStart)
                    && Text.strip(data.substring(line), Text::isSpace).isEmpty()) {
                kept = data.substring(0, line);
            }
        }
        if (!kept.isEmpty()) {
            add(Kind.DATA, kept);
        }
    }

    private void readRaw(Matcher begin) {
        skip(begin.end(), begin.group(1).startsWith("-"), true);
        Matcher end = RAW_END.matcher(source);
        if (!end.find(at)) {
            throw error("'raw' is not ended");
        }
        String raw = source.substring(at, end.start());
        addData(raw, end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0), '%');
        skip(end.end(), end.group(2).equals("-"), end.group(2).isEmpty());
    }

    private void readComment() {
        int end = source.indexOf("#}", at + 2);
        if (end < 0) {
            throw error("a comment is not ended");
        }
        char sign = end > at + 2 ? source.charAt(end - 1) : ' ';
        skip(end + 2, sign == '-', sign != '+');
    }

    /** Goes on behind a tag, its white space and its line end. */
    private void skip(int end, boolean allSpace, boolean lineEnd) {
        at = end;
        if (allSpace) {
            while (at < source.length() && Text.isSpace(source.charAt(at))) {
                at++;
            }
        } else if (lineEnd && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        atLineStart = source.charAt(at - 1) == '\n';
    }

    private void readCode(boolean isBlock) {
        add(isBlock ? Kind.BLOCK_BEGIN : Kind.VARIABLE_BEGIN, "");
        int begin = line();
        at += 2 + ("-+".indexOf(signAt(at + 2)) >= 0 ? 1 : 0);
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            while (at < source.length() && Text.isSpace(source.charAt(at))) {
                at++;
            }
            if (at >= source.length()) {
                throw TemplateException.at(begin, "a tag is not ended");
            }
            if (open.isEmpty() && readEnd(isBlock)) {
                return;
            }
            readToken(open);
        }
    }

    private boolean readEnd(boolean isBlock) {
        char sign = source.charAt(at);
        boolean hasSign = sign == '-' || (isBlock && sign == '+');
        int end = hasSign ? at + 1 : at;
        if (!source.startsWith(isBlock ? "%}" : "}}", end)) {
            return false;
        }
        add(isBlock ? Kind.BLOCK_END : Kind.VARIABLE_END, "");
        skip(end + 2, hasSign && sign == '-', isBlock && !hasSign);
        return true;
    }

    private void readToken(Deque<Character> open) {
        if (take(FLOAT, Kind.FLOAT) || take(INTEGER, Kind.INTEGER) || take(NAME, Kind.NAME)) {
            return;
        }
        Matcher string = STRING.matcher(source).region(at, source.length());
        if (string.lookingAt()) {
            String quoted = string.group(1) == null ? string.group(2) : string.group(1);
            add(Kind.STRING, unescape(quoted));
            at = string.end();
            return;
        }
        char next = source.charAt(at);
        if (!take(OPERATOR, Kind.OPERATOR)) {
            throw error("'" + next + "' is not understood");
        }
        int closing = ")]}".indexOf(next);
        if ("([{".indexOf(next) >= 0) {
            open.push(next);
        } else if (closing >= 0 && (open.isEmpty() || open.pop() != "([{".charAt(closing))) {
            throw error("'" + next + "' closes nothing");
        }
    }

    private boolean take(Pattern pattern, Kind kind) {
        Matcher matcher = pattern.matcher(source).region(at, source.length());
        if (!matcher.lookingAt()) {
            return false;
        }
        add(kind, matcher.group());
        at = matcher.end();
        return true;
    }

    private String unescape(String quoted) {
        StringBuilder text = new StringBuilder(quoted.length());
        for (int i = 0; i < quoted.length(); i++) {
            char next = quoted.charAt(i);
            if (next != '\\' || i + 1 == quoted.length()) {
                text.append(next);
                continue;
            }
            char code = quoted.charAt(++i);
            int plain = "ntrbfav\\'\"".indexOf(code);
            int digits = code == 'x' ? 2 : code == 'u' ? 4 : code == 'U' ? 8 : 0;
            if (plain >= 0) {
                text.append("\n\t\r\b\f\u0007\u000b\\'\"".charAt(plain));
            } else if (digits > 0) {
                text.appendCodePoint(hexadecimal(quoted, i + 1, digits));
                i += digits;
            } else if (code >= '0' && code <= '7') {
                int end = i + 1;
                while (end < Math.min(quoted.length(), i + 3)
                        && quoted.charAt(end) >= '0'
                        && quoted.charAt(end) <= '7') {
                    end++;
                }
                text.append((char) Integer.parseInt(quoted.substring(i, end), 8));
                i = end - 1;
            } else if (code != '\n') {
                text.append('\\').append(code);
            }
        }
        return text.toString();
    }

    private int hexadecimal(String quoted, int from, int digits) {
        try {
            int point = Integer.parseInt(quoted.substring(from, from + digits), 16);
            if (Character.isValidCodePoint(point)) {
                return point;
            }
        } catch (RuntimeException e) {
            throw error("a string's escape is cut short");
        }
        throw error("a string's escape is no character");
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line()));
    }

    private TemplateException error(String message) {
        return TemplateException.at(line(), message);
    }

    private int line() {
        for (; counted < Math.min(at, source.length()); counted++) {
            line += source.charAt(counted) == '\n' ? 1 : 0;
        }
        return line;
    }
}
