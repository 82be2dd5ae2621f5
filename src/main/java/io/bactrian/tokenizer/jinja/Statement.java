package io.bactrian.tokenizer.jinja;

/** A part of a template that writes text, or changes names. */
@FunctionalInterface
interface Statement {
    /** What comes after a statement. */
    enum Flow {
        NEXT,
        CONTINUE,
        BREAK
    }

    Flow run(Scope scope, StringBuilder text);
}
