package io.bactrian.relay;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.StreamForm;
import io.bactrian.api.UsageReader;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Makes the flow that fits an answer. */
public final class ResponseFlows {
    private static final String EVENT_STREAM = "text/event-stream";
    private static final String JSON = "application/json";

    /** An answer with the log probabilities of a long text; what is longer is not held back to be corrected. */
    private static final int MAX_CORRECTED_BYTES = 16 * 1024 * 1024;

    private final UsageReader usageReader = new UsageReader();
    private final UsageReader sglangReader = UsageReader.ofSglang();
    private final int maxEventBytes;

    public ResponseFlows(UpstreamSettings settings) {
        this.maxEventBytes = settings.maxEventBytes();
    }

    /** Returns the length of the longest event that is taken. */
    public int maxEventBytes() {
        return maxEventBytes;
    }

    /**
     * Returns the flow for an answer to {@code request} that begins with {@code head}.
     *
     * @param usageInjected whether the router asked for usage where the client had not
     * @param correction what the answer is to say in place of what is there
     * @param clientModel the model that the client has named, if another serves it; null else
     */
    public ResponseFlow create(
            InferenceRequest request,
            HttpResponse head,
            boolean usageInjected,
            AnswerCorrection correction,
            @Nullable String clientModel) {
        boolean isEvents = hasType(head, EVENT_STREAM);
        boolean isJson = hasType(head, JSON);
        ModelRenaming renaming = clientModel != null && (isEvents || isJson) && isPlain(head)
                ? new ModelRenaming(request.model(), clientModel, isEvents)
                : null;
        AnswerName name =
                isKept(request.api()) && (isEvents || isJson) && isPlain(head) ? new AnswerName(isEvents) : null;
        UsageReader reader = request.api() == Api.SGLANG_GENERATE ? sglangReader : usageReader;
        if (isEvents) {
            return new ResponseFlow(
                    new EventPassage(reader, usageInjected, correction, maxEventBytes, StreamForm.of(request.api())),
                    renaming,
                    name);
        }
        if (correction != AnswerCorrection.NONE && isJson) {
            head.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
            return new ResponseFlow(new CorrectedBodyPassage(reader, correction, MAX_CORRECTED_BYTES), renaming, name);
        }
        return new ResponseFlow(new BodyPassage(isJson ? reader : null), renaming, name);
    }

    /** Tells whether model servers keep what they answer, and clients come back to it. */
    private static boolean isKept(Api api) {
        return api == Api.RESPONSES || api == Api.CONVERSATIONS;
    }

    /** Returns the flow for an answer whose {@code body} is here whole; the rest is as above. */
    public ResponseFlow whole(
            InferenceRequest request, HttpResponse head, ByteBuffer body, @Nullable String clientModel) {
        ResponseFlow flow = create(request, head, false, AnswerCorrection.NONE, clientModel);
        flow.add(Unpooled.wrappedBuffer(body));
        flow.end();
        return flow;
    }

    private static boolean isPlain(HttpResponse head) {
        return head.headers().get(HttpHeaderNames.CONTENT_ENCODING, "identity").equalsIgnoreCase("identity");
    }

    private static boolean hasType(HttpResponse head, String type) {
        String contentType = head.headers().get(HttpHeaderNames.CONTENT_TYPE);
        return contentType != null && contentType.regionMatches(true, 0, type, 0, type.length());
    }
}
