package io.bactrian.request;

import org.jspecify.annotations.Nullable;

/** Why a request cannot be served; the only exception that crosses packages. Its message never holds a prompt. */
public final class InferenceException extends RuntimeException {
    private final ErrorCode code;

    public InferenceException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public InferenceException(ErrorCode code, String message, @Nullable Throwable cause) {
        // Refusals happen by the thousand under load: a stack trace is worth its cost only where we failed ourselves.
        super(message, cause, false, code == ErrorCode.INTERNAL);
        this.code = code;
    }

    /** Returns what went wrong. */
    public ErrorCode code() {
        return code;
    }
}
