package io.bactrian.tokenizer.jinja;

/** A part of a template that has a value. */
@FunctionalInterface
interface Expression {
    Object valueIn(Scope scope);
}
