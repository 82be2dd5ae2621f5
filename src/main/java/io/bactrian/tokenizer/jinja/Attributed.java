package io.bactrian.tokenizer.jinja;

/** An object of a template's own that has attributes: a loop, a namespace. */
interface Attributed {
    Object attribute(String name);
}
