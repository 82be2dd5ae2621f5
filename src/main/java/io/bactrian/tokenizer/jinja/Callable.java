package io.bactrian.tokenizer.jinja;

/** What a template can call: a macro, a method of a value, a function. */
@FunctionalInterface
interface Callable {
    Object call(Arguments arguments, Budget budget);
}
