package io.bactrian.api;

import io.bactrian.request.ErrorCode;

/** How a client expects to be told of an error. */
public enum Dialect {
    /** {@code {"error":{"message","type","param","code"}}}; in a stream, an event with nothing but such data. */
    OPENAI,
    /** As OpenAI's in an answer; in a stream an event named {@code error} with message and code at its top level. */
    RESPONSES,
    /** {@code {"type":"error","error":{"type","message"}}}; in a stream an event named {@code error}. */
    ANTHROPIC;

    private static final String MESSAGES_PATH = "/v1/messages";
    private static final String RESPONSES_PATH = "/v1/responses";

    /** Returns the dialect of who asks for {@code target}, a path or what a request line names. */
    public static Dialect of(String target) {
        if (isAtOrBelow(target, MESSAGES_PATH)) {
            return ANTHROPIC;
        }
        return isAtOrBelow(target, RESPONSES_PATH) ? RESPONSES : OPENAI;
    }

    private static boolean isAtOrBelow(String target, String path) {
        return target.startsWith(path)
                && (target.length() == path.length() || "/?".indexOf(target.charAt(path.length())) >= 0);
    }

    /** Returns what Anthropic's API calls an error of this {@code code}. */
    static String anthropicType(ErrorCode code) {
        return switch (code.status()) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 408, 504 -> "timeout_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503 -> "overloaded_error";
            default -> code.status() < 500 ? "invalid_request_error" : "api_error";
        };
    }
}
