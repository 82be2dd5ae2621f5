package io.bactrian.tokenizer.jinja;

/**
 * What a name, key or attribute stands for that does not exist: nothing when it is printed, empty when it is iterated, false when it is
 * tested. Anything else done with it is an error.
 *
 * @param what for the error's message
 */
record Undefined(String what) {
    TemplateException error() {
        return new TemplateException(what + " is undefined");
    }
}
