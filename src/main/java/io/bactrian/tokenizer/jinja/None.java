package io.bactrian.tokenizer.jinja;

/** Python's {@code None}. */
enum None {
    NONE;

    @Override
    public String toString() {
        return "None";
    }
}
