package io.bactrian.request;

import org.jspecify.annotations.Nullable;

/** Why a request cannot be served; the only exception that crosses packages. Its message never holds a prompt. */
public final class InferenceException extends RuntimeException {
    private final ErrorCode code;
    private final String droppedReason;

    public InferenceException(ErrorCode code, String message) {
        this(code, message, null, "");
    }

    /** A refusal whose {@code x-llm-d-request-dropped-reason} is {@code droppedReason}. */
    public InferenceException(ErrorCode code, String message, String droppedReason) {
        this(code, message, null, droppedReason);
    }

    public InferenceException(ErrorCode code, String message, @Nullable Throwable cause) {
        this(code, message, cause, "");
    }

    private InferenceException(ErrorCode code, String message, @Nullable Throwable cause, String droppedReason) {
        // Refusals happen by the thousand under load: a stack trace is worth its cost only where we failed ourselves.
        super(message, cause, false, code == ErrorCode.INTERNAL);
        this.code = code;
        this.droppedReason = droppedReason;
    }

    /** Returns what went wrong. */
    public ErrorCode code() {
        return code;
    }

    /** Returns the value of {@code x-llm-d-request-dropped-reason}; empty if the request was not dropped. */
    public String droppedReason() {
        return droppedReason;
    }
}
