package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.TrailersResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import java.util.Map;

/** Makes the messages that go to a proxy. What a proxy need not change is not in them. */
final class Replies {
    /** The most bytes of a body in one message: Envoy asks for no more than 64 KiB. */
    static final int MAX_PIECE_BYTES = 62_000;

    static final Reply REQUEST_HEAD = Reply.of(ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.getDefaultInstance())
            .build());
    static final Reply REQUEST_BODY = Reply.of(ProcessingResponse.newBuilder()
            .setRequestBody(BodyResponse.getDefaultInstance())
            .build());
    static final Reply REQUEST_TRAILERS = Reply.of(ProcessingResponse.newBuilder()
            .setRequestTrailers(TrailersResponse.getDefaultInstance())
            .build());
    static final Reply RESPONSE_BODY = Reply.of(ProcessingResponse.newBuilder()
            .setResponseBody(BodyResponse.getDefaultInstance())
            .build());
    static final Reply RESPONSE_TRAILERS = Reply.of(ProcessingResponse.newBuilder()
            .setResponseTrailers(TrailersResponse.getDefaultInstance())
            .build());

    /** Marks an answer that has passed an endpoint picker. */
    private static final String WENT_THROUGH = "x-went-into-resp-headers";

    private static final Reply MARKED_RESPONSE_HEAD = Reply.of(head(Map.of()));

    private Replies() {}

    /**
     * Returns {@code reply} with the wish not to be sent the answer.
     *
     * @param requestBody how the proxy sends the request, which the wish must repeat
     */
    static Reply withoutResponses(Reply reply, ProcessingMode.BodySendMode requestBody) {
        return reply.with(ProcessingResponse.newBuilder()
                .setModeOverride(ProcessingMode.newBuilder()
                        .setRequestBodyMode(requestBody)
                        .setResponseHeaderMode(ProcessingMode.HeaderSendMode.SKIP)
                        .setResponseTrailerMode(ProcessingMode.HeaderSendMode.SKIP))
                .build());
    }

    /** Returns the reply to an answer's head that sets {@code headers} in it, and marks it as one that went by. */
    static Reply responseHead(Map<String, String> headers) {
        return headers.isEmpty() ? MARKED_RESPONSE_HEAD : Reply.of(head(headers));
    }

    private static ProcessingResponse head(Map<String, String> headers) {
        HeaderMutation.Builder mutation = HeaderMutation.newBuilder().addSetHeaders(option(WENT_THROUGH, "true"));
        headers.forEach((name, value) -> mutation.addSetHeaders(option(name, value)));
        return ProcessingResponse.newBuilder()
                .setResponseHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setHeaderMutation(mutation)))
                .build();
    }

    /** Returns an answer that the proxy gives at once. */
    static Reply immediate(int status, Map<String, String> headers, ByteString body) {
        HeaderMutation.Builder mutation = HeaderMutation.newBuilder();
        headers.forEach((name, value) -> mutation.addSetHeaders(option(name, value)));
        return Reply.of(ProcessingResponse.newBuilder()
                .setImmediateResponse(ImmediateResponse.newBuilder()
                        .setStatus(HttpStatus.newBuilder().setCodeValue(status))
                        .setHeaders(mutation)
                        .setBody(body)
                        .setDetails("bactrian"))
                .build());
    }

    /** Returns what sets header {@code name} in place of one that is there. */
    static HeaderValueOption option(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }
}
