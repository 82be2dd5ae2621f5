package io.bactrian.simulator;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An error answer in the shape vLLM gives it.
 *
 * @param status HTTP status
 * @param type {@code error.type}
 * @param message {@code error.message}
 * @param parameter {@code error.param}: the field that is wrong
 */
record ApiError(
        int status, String type, String message, @Nullable String parameter) {

    static ApiError of(int status, String message) {
        return of(status, message, null);
    }

    static ApiError of(int status, String message, @Nullable String parameter) {
        return new ApiError(status, typeOf(status), message, parameter);
    }

    static ApiError badRequest(String message, @Nullable String parameter) {
        return of(400, message, parameter);
    }

    byte[] json() {
        String param = parameter == null ? "null" : '"' + parameter + '"';
        String json = "{\"error\":{\"message\":\"" + escape(message) + "\",\"type\":\"" + type + "\",\"param\":" + param
                + ",\"code\":" + status + "}}";
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static String typeOf(int status) {
        return switch (status) {
            case 400 -> "BadRequestError";
            case 401 -> "AuthenticationError";
            case 403 -> "PermissionDeniedError";
            case 404 -> "NotFoundError";
            case 422 -> "UnprocessableEntityError";
            case 429 -> "RateLimitError";
            default -> status >= 500 ? "InternalServerError" : "APIConnectionError";
        };
    }

    private static String escape(String text) {
        return String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text));
    }
}
