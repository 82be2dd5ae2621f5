package io.bactrian.scheduling;

import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;

/**
 * What a client that prefers its request to run only where the prompt is cached ({@code Prefer: if-available}, in the form of
 * <a href="https://www.rfc-editor.org/rfc/rfc7240">RFC 7240</a>) is told when it is not.
 */
final class ConditionalDecode {
    private static final String HEADER = "prefer";
    private static final String PREFERENCE = "if-available";
    private static final Decision.Refused NOT_CACHED =
            new Decision.Refused(ErrorCode.PRECONDITION_FAILED, "no decode worker has the requested KV cache", "");

    private ConditionalDecode() {}

    /** Returns {@code decision}, or a refusal if the request prefers that to an endpoint without a match of {@code key}. */
    static Decision check(InferenceRequest request, Decision decision, DataKey<PrefixMatch> key) {
        if (!(decision instanceof Decision.Picked picked)
                || !isPreferred(request.context().headers().first(HEADER))) {
            return decision;
        }
        PrefixMatch match = picked.endpoint().get(key);
        return match == null || match.matchBlocks() == 0 ? NOT_CACHED : decision;
    }

    private static boolean isPreferred(String header) {
        for (int start = 0; start < header.length(); ) {
            int comma = header.indexOf(',', start);
            int end = comma < 0 ? header.length() : comma;
            int parameters = header.indexOf(';', start);
            String preference = header.substring(start, parameters < 0 ? end : Math.min(parameters, end));
            if (preference.trim().equalsIgnoreCase(PREFERENCE)) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }
}
