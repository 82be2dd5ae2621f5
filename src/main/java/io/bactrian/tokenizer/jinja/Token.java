package io.bactrian.tokenizer.jinja;

/**
 * A piece of a template's source.
 *
 * @param text data as it is written out, a name, an operator, the digits of a number, a string without its quotes and escapes
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        DATA,
        VARIABLE_BEGIN,
        VARIABLE_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind wanted, String wantedText) {
        return kind == wanted && text.equals(wantedText);
    }
}
