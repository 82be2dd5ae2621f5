package io.bactrian.tokenizer;

/** The time for counting was over. */
final class LateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LateException() {
        super("the time for counting is over");
    }
}
