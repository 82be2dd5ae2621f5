package io.bactrian.tokenizer.jinja;

/** What is left of the {@link Limits} of one rendering. Used by one thread. */
final class Budget {
    /** Strings are made on the way to the text: a template that joins five pieces makes four. */
    private static final long CHARS_MADE_PER_CHAR = 32;

    /** Macros that call macros; each level takes some twenty frames of the thread's stack. */
    private static final int MAX_DEPTH = 100;

    private static final int STEPS_BETWEEN_LOOKS = 1024;

    private final Limits limits;
    private long steps;
    private long charsMade;
    private int depth;

    Budget(Limits limits) {
        this.limits = limits;
    }

    void step() {
        if (++steps > limits.maxSteps()) {
            throw TemplateException.overLimit("more than " + limits.maxSteps() + " steps");
        }
        if (steps % STEPS_BETWEEN_LOOKS == 0 && limits.isLate().getAsBoolean()) {
            throw TemplateException.overLimit("took too long");
        }
    }

    /** Counts a string, or a list, that is about to be made. */
    void make(long chars) {
        charsMade += chars;
        if (charsMade > CHARS_MADE_PER_CHAR * limits.maxChars()) {
            throw TemplateException.overLimit("makes more text than " + limits.maxChars() + " characters need");
        }
    }

    void append(StringBuilder text, String more) {
        if ((long) text.length() + more.length() > limits.maxChars()) {
            throw TemplateException.overLimit("text longer than " + limits.maxChars() + " characters");
        }
        text.append(more);
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw TemplateException.overLimit("macros are nested deeper than " + MAX_DEPTH);
        }
    }

    void leave() {
        depth--;
    }
}
