package io.bactrian.tokenizer;

/** A request that a backend cannot count, though it is in order; the message says why, and holds nothing of the request. */
final class UncountableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String why;

    UncountableException(String why) {
        super(why);
        this.why = why;
    }

    String why() {
        return why;
    }
}
