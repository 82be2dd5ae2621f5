package io.bactrian.relay;

import io.bactrian.api.StreamForm;
import io.bactrian.api.UsageReader;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;

/** Makes the flow that fits an answer. */
public final class ResponseFlows {
    private static final String EVENT_STREAM = "text/event-stream";
    private static final String JSON = "application/json";

    private final UsageReader usageReader = new UsageReader();
    private final UsageReader sglangReader = UsageReader.ofSglang();
    private final int maxEventBytes;

    public ResponseFlows(UpstreamSettings settings) {
        this.maxEventBytes = settings.maxEventBytes();
    }

    /**
     * Returns the flow for an answer to {@code request} that begins with {@code head}.
     *
     * @param usageInjected whether the router asked for usage where the client had not
     */
    public ResponseFlow create(InferenceRequest request, HttpResponse head, boolean usageInjected) {
        UsageReader reader = request.api() == Api.SGLANG_GENERATE ? sglangReader : usageReader;
        if (hasType(head, EVENT_STREAM)) {
            return new ResponseFlow(
                    new EventPassage(reader, usageInjected, maxEventBytes, StreamForm.of(request.api())));
        }
        return new ResponseFlow(new BodyPassage(hasType(head, JSON) ? reader : null));
    }

    private static boolean hasType(HttpResponse head, String type) {
        String contentType = head.headers().get(HttpHeaderNames.CONTENT_TYPE);
        return contentType != null && contentType.regionMatches(true, 0, type, 0, type.length());
    }
}
