package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.TrailersResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import java.util.Map;

/** Makes the messages that go to a proxy. What a proxy need not change is not in them. */
final class Replies {
    /** The most bytes of a body in one message: Envoy asks for no more than 64 KiB. */
    static final int MAX_PIECE_BYTES = 62_000;

    static final ProcessingResponse REQUEST_HEAD = ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse REQUEST_BODY = ProcessingResponse.newBuilder()
            .setRequestBody(BodyResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse REQUEST_TRAILERS = ProcessingResponse.newBuilder()
            .setRequestTrailers(TrailersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_HEAD = ProcessingResponse.newBuilder()
            .setResponseHeaders(HeadersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_BODY = ProcessingResponse.newBuilder()
            .setResponseBody(BodyResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_TRAILERS = ProcessingResponse.newBuilder()
            .setResponseTrailers(TrailersResponse.getDefaultInstance())
            .build();

    private Replies() {}

    /**
     * Returns {@code reply} with the wish not to be sent the answer.
     *
     * @param requestBody how the proxy sends the request, which the wish must repeat
     */
    static ProcessingResponse withoutResponses(ProcessingResponse reply, ProcessingMode.BodySendMode requestBody) {
        return reply.toBuilder()
                .setModeOverride(ProcessingMode.newBuilder()
                        .setRequestBodyMode(requestBody)
                        .setResponseHeaderMode(ProcessingMode.HeaderSendMode.SKIP)
                        .setResponseTrailerMode(ProcessingMode.HeaderSendMode.SKIP))
                .build();
    }

    /** Returns the reply to an answer's head that sets {@code headers} in it. */
    static ProcessingResponse responseHead(Map<String, String> headers) {
        HeaderMutation.Builder mutation = HeaderMutation.newBuilder();
        headers.forEach((name, value) -> mutation.addSetHeaders(option(name, value)));
        return ProcessingResponse.newBuilder()
                .setResponseHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setHeaderMutation(mutation)))
                .build();
    }

    /** Returns a piece of a request's body on its way back to the proxy. */
    static ProcessingResponse requestPiece(ByteString piece, boolean last) {
        return ProcessingResponse.newBuilder()
                .setRequestBody(piece(piece, last))
                .build();
    }

    /** Returns a piece of an answer's body on its way back to the proxy. */
    static ProcessingResponse responsePiece(ByteString piece, boolean last) {
        return ProcessingResponse.newBuilder()
                .setResponseBody(piece(piece, last))
                .build();
    }

    private static BodyResponse piece(ByteString piece, boolean last) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(piece)
                                        .setEndOfStream(last))))
                .build();
    }

    /** Returns an answer that the proxy gives at once. */
    static ProcessingResponse immediate(int status, Map<String, String> headers, ByteString body) {
        HeaderMutation.Builder mutation = HeaderMutation.newBuilder();
        headers.forEach((name, value) -> mutation.addSetHeaders(option(name, value)));
        return ProcessingResponse.newBuilder()
                .setImmediateResponse(ImmediateResponse.newBuilder()
                        .setStatus(HttpStatus.newBuilder().setCodeValue(status))
                        .setHeaders(mutation)
                        .setBody(body)
                        .setDetails("bactrian"))
                .build();
    }

    /** Returns what sets header {@code name} in place of one that is there. */
    static HeaderValueOption option(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }
}
