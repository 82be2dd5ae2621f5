package io.bactrian.tokenizer.jinja;

/** A template that cannot be read, or cannot be rendered with what it was given; the message has the line where that is known. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean hasLine;

    TemplateException(String message) {
        this(message, false);
    }

    private TemplateException(String message, boolean hasLine) {
        super(message);
        this.hasLine = hasLine;
    }

    static TemplateException at(int line, String message) {
        return new TemplateException("line " + line + ": " + message, true);
    }

    /** Returns this with {@code line}, unless it has one. */
    TemplateException in(int line) {
        return hasLine ? this : at(line, String.valueOf(getMessage()));
    }
}
