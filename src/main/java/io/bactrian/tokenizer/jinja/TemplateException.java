package io.bactrian.tokenizer.jinja;

/** A template that cannot be read, or cannot be rendered with what it was given; the message has the line where that is known. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean hasLine;
    private final boolean isOverLimit;

    TemplateException(String message) {
        this(message, false, false);
    }

    private TemplateException(String message, boolean hasLine, boolean isOverLimit) {
        super(message);
        this.hasLine = hasLine;
        this.isOverLimit = isOverLimit;
    }

    static TemplateException at(int line, String message) {
        return new TemplateException("line " + line + ": " + message, true, false);
    }

    static TemplateException overLimit(String message) {
        return new TemplateException(message, false, true);
    }

    /** Returns this with {@code line}, unless it has one. */
    TemplateException in(int line) {
        return hasLine ? this : new TemplateException("line " + line + ": " + getMessage(), true, isOverLimit);
    }

    /** Tells whether one of the {@link Limits} was passed: the template may be in order. */
    public boolean isOverLimit() {
        return isOverLimit;
    }
}
