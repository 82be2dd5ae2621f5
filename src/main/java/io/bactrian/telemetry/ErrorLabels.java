package io.bactrian.telemetry;

import io.bactrian.request.ErrorCode;

/** What errors are called in the label {@code error_code}: as llm-d's endpoint picker calls them where it knows them. */
final class ErrorLabels {
    static final String MODEL_SERVER_ERROR = "ModelServerError";
    static final String CLIENT_LEFT = "ClientLeft";

    private ErrorLabels() {}

    static String of(ErrorCode code) {
        return switch (code) {
            case BAD_REQUEST -> "BadRequest";
            case UNAUTHORIZED -> "Unauthorized";
            case FORBIDDEN -> "Forbidden";
            case NOT_FOUND, MODEL_NOT_FOUND -> "NotFound";
            case METHOD_NOT_ALLOWED -> "MethodNotAllowed";
            case REQUEST_TIMEOUT -> "RequestTimeout";
            case PRECONDITION_FAILED -> "PreconditionFailed";
            case BODY_TOO_LARGE -> "BodyTooLarge";
            case URI_TOO_LONG -> "UriTooLong";
            case HEADERS_TOO_LARGE -> "HeadersTooLarge";
            case SATURATED -> "ResourceExhausted";
            case INTERNAL -> "Internal";
            case UPSTREAM_FAILED, UPSTREAM_TIMEOUT -> MODEL_SERVER_ERROR;
            case MEMORY_EXHAUSTED, TOO_MANY_CONNECTIONS, NO_ENDPOINT, SHUTTING_DOWN -> "ServiceUnavailable";
        };
    }
}
