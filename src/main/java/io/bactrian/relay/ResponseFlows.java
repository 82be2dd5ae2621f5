package io.bactrian.relay;

import io.bactrian.api.UsageReader;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;

/** Makes the flow that fits an answer. */
public final class ResponseFlows {
    private static final String EVENT_STREAM = "text/event-stream";
    private static final String JSON = "application/json";

    /** The model server's own count of cached tokens stands. */
    public static final int AS_REPORTED = -1;

    /** An answer with the log probabilities of a long text; what is longer is not held back to be corrected. */
    private static final int MAX_CORRECTED_BYTES = 16 * 1024 * 1024;

    private final UsageReader usageReader = new UsageReader();
    private final int maxEventBytes;

    public ResponseFlows(UpstreamSettings settings) {
        this.maxEventBytes = settings.maxEventBytes();
    }

    /**
     * Returns the flow for an answer to {@code request} that begins with {@code head}.
     *
     * @param usageInjected whether the router asked for usage where the client had not
     * @param cachedTokens what the answer is to report as cached, where another endpoint computed the prompt; else {@link #AS_REPORTED}
     */
    public ResponseFlow create(InferenceRequest request, HttpResponse head, boolean usageInjected, int cachedTokens) {
        if (hasType(head, EVENT_STREAM)) {
            // A chat stream begins with an event that names the role.
            int eventsWithoutToken = request.api() == Api.CHAT_COMPLETIONS ? 1 : 0;
            return new ResponseFlow(
                    new EventPassage(usageReader, usageInjected, cachedTokens, maxEventBytes, eventsWithoutToken));
        }
        if (cachedTokens != AS_REPORTED && hasType(head, JSON)) {
            head.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
            return new ResponseFlow(new CorrectedBodyPassage(usageReader, cachedTokens, MAX_CORRECTED_BYTES));
        }
        return new ResponseFlow(new BodyPassage(hasType(head, JSON) ? usageReader : null));
    }

    private static boolean hasType(HttpResponse head, String type) {
        String contentType = head.headers().get(HttpHeaderNames.CONTENT_TYPE);
        return contentType != null && contentType.regionMatches(true, 0, type, 0, type.length());
    }
}
