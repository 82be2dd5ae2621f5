package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the route made of a request. */
sealed interface Verdict {

    /** The proxy sends it on. */
    record Handed(ServedRequest request) implements Verdict {}

    /** The proxy answers it at once. */
    record Answered(int status, Map<String, String> headers, ByteString body) implements Verdict {}

    /** Header of an answer that says why a request was dropped (llm-d). */
    String DROPPED_REASON = "x-llm-d-request-dropped-reason";

    /** Reason of a request that came while the process stops. */
    String SHUTTING_DOWN = "rejected-shutting-down";

    /** Returns the answer to a request that {@code refusal} keeps from being served. */
    static Answered refused(InferenceException refusal) {
        int status = refusal.code().status();
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", "text/plain");
        if (!refusal.droppedReason().isEmpty()) {
            headers.put(DROPPED_REASON, refusal.droppedReason());
        }
        if (status == 429 || status == 503) {
            headers.put("retry-after", "1");
        }
        return new Answered(
                status,
                headers,
                ByteString.copyFromUtf8("inference error: " + name(refusal.code()) + " - " + refusal.getMessage()));
    }

    /** Returns what llm-d calls {@code code}, by its status. */
    private static String name(ErrorCode code) {
        return switch (code.status()) {
            case 400 -> "BadRequest";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "NotFound";
            case 405 -> "MethodNotAllowed";
            case 408 -> "RequestTimeout";
            case 412 -> "PreconditionFailed";
            case 413 -> "BodyTooLarge";
            case 414 -> "UriTooLong";
            case 429 -> "ResourceExhausted";
            case 431 -> "HeadersTooLarge";
            case 503 -> "ServiceUnavailable";
            default -> "Internal";
        };
    }
}
