package io.bactrian.simulator;

import org.jspecify.annotations.Nullable;

/** The failures a simulated model server can be told to inject at random. */
public enum FailureType {
    RATE_LIMIT("rate_limit", 429, null),
    INVALID_API_KEY("invalid_api_key", 401, null),
    CONTEXT_LENGTH("context_length", 400, "messages"),
    SERVER_ERROR("server_error", 503, null),
    INVALID_REQUEST("invalid_request", 400, "model"),
    MODEL_NOT_FOUND("model_not_found", 404, null);

    private final String word;
    private final int status;
    private final @Nullable String parameter;

    FailureType(String word, int status, @Nullable String parameter) {
        this.word = word;
        this.status = status;
        this.parameter = parameter;
    }

    /** Returns the name used in configuration. */
    public String word() {
        return word;
    }

    /** Finds a type by the name used in configuration. */
    public static FailureType of(String word) {
        for (FailureType type : values()) {
            if (type.word.equals(word)) {
                return type;
            }
        }
        throw new IllegalArgumentException("failure-types: " + word
                + " (expected: rate_limit, invalid_api_key, context_length, server_error, invalid_request or"
                + " model_not_found)");
    }

    ApiError error() {
        return ApiError.of(status, "injected failure: " + word, parameter);
    }
}
