package io.bactrian.tokenizer.jinja;

import io.bactrian.tokenizer.jinja.Token.Kind;
import java.util.List;

/** Goes through the tokens of a template. */
final class TokenStream {
    private final List<Token> tokens;
    private int next;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(next);
    }

    Token peekSecond() {
        return tokens.get(Math.min(next + 1, tokens.size() - 1));
    }

    Token take() {
        Token token = tokens.get(next);
        if (next < tokens.size() - 1) {
            next++;
        }
        return token;
    }

    int line() {
        return peek().line();
    }

    boolean isOperator(String text) {
        return peek().is(Kind.OPERATOR, text);
    }

    boolean isName(String text) {
        return peek().is(Kind.NAME, text);
    }

    boolean skipOperator(String text) {
        boolean is = isOperator(text);
        if (is) {
            take();
        }
        return is;
    }

    boolean skipName(String text) {
        boolean is = isName(text);
        if (is) {
            take();
        }
        return is;
    }

    void expectOperator(String text) {
        if (!skipOperator(text)) {
            throw unexpected("'" + text + "'");
        }
    }

    String expectName() {
        return expect(Kind.NAME, "a name").text();
    }

    Token expect(Kind kind, String expected) {
        if (peek().kind() != kind) {
            throw unexpected(expected);
        }
        return take();
    }

    TemplateException unexpected(String expected) {
        Token token = peek();
        String what =
                switch (token.kind()) {
                    case END -> "the end of the template";
                    case BLOCK_END, VARIABLE_END -> "the end of the tag";
                    default -> "'" + token.text() + "'";
                };
        return TemplateException.at(token.line(), what + " where " + expected + " is expected");
    }
}
