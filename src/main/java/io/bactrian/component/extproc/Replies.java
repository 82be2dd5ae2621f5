package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bactrian.exchange.RoutingHeaders;
import io.bactrian.request.RequestTrace;
import io.bactrian.scheduling.Decision;
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
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Makes the messages that go to a proxy. What a proxy need not change is not in them. */
final class Replies {
    /** Where the request goes, in the header and in the dynamic metadata. */
    static final String DESTINATION = "x-gateway-destination-endpoint";

    /** The namespace of the dynamic metadata that proxies balance by. */
    static final String METADATA = "envoy.lb";

    /** The most bytes of a body in one message: Envoy asks for no more than 64 KiB. */
    static final int MAX_PIECE_BYTES = 62_000;

    private static final String REQUEST_ID = "x-request-id";
    private static final String CONTENT_LENGTH = "content-length";

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

    /** Returns the reply to a head that says where the request goes. */
    static ProcessingResponse destinationInHead(ServedRequest served, int contentLength) {
        return ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.newBuilder().setResponse(destination(served, contentLength)))
                .setDynamicMetadata(metadata(served.destination()))
                .build();
    }

    /** Returns the reply to a body that says where the request goes, for a proxy that has kept the head back. */
    static ProcessingResponse destinationInBody(ServedRequest served) {
        return ProcessingResponse.newBuilder()
                .setRequestBody(BodyResponse.newBuilder().setResponse(destination(served, 0)))
                .setDynamicMetadata(metadata(served.destination()))
                .build();
    }

    /** Returns the reply to trailers without a body, which can say where the request goes in the metadata alone. */
    static ProcessingResponse destinationBehindTrailers(ServedRequest served) {
        return REQUEST_TRAILERS.toBuilder()
                .setDynamicMetadata(metadata(served.destination()))
                .build();
    }

    /** @param contentLength length of the body to come; 0 leaves the header alone */
    private static CommonResponse destination(ServedRequest served, int contentLength) {
        HeaderMutation.Builder headers = HeaderMutation.newBuilder();
        Set<String> written = new HashSet<>(8);
        ProxyHead head = (ProxyHead) served.inference().head();
        set(headers, written, DESTINATION, served.destination());
        String id = served.inference().requestId();
        if (!id.equals(head.header(REQUEST_ID))) {
            set(headers, written, REQUEST_ID, id);
        }
        if (contentLength > 0) {
            set(headers, written, CONTENT_LENGTH, Integer.toString(contentLength));
        }
        Decision.Route route = served.inference().decision().route();
        if (route != null) {
            route.headers().forEach((name, value) -> set(headers, written, name, value));
        }
        RequestTrace trace = served.inference().trace();
        if (trace != RequestTrace.NONE) {
            trace.decodeBegins(
                    served.address().getHostString(), served.address().getPort(), new TraceHeaders(headers, written));
        }
        for (Map.Entry<String, String> header : head.headers()) {
            String name = header.getKey();
            if (RoutingHeaders.NAMES.contains(name) && written.add(name)) {
                headers.addRemoveHeaders(name);
            }
        }
        return CommonResponse.newBuilder()
                .setClearRouteCache(true)
                .setHeaderMutation(headers)
                .build();
    }

    private static void set(HeaderMutation.Builder headers, Set<String> written, String name, String value) {
        written.add(name);
        headers.addSetHeaders(option(name, value));
    }

    private record TraceHeaders(HeaderMutation.Builder headers, Set<String> written)
            implements RequestTrace.TraceHeaders {
        @Override
        public void set(String name, String value) {
            Replies.set(headers, written, name, value);
        }

        @Override
        public void remove(String name) {
            headers.addRemoveHeaders(name);
        }
    }

    private static HeaderValueOption option(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }

    private static Struct metadata(String destination) {
        Struct pool = Struct.newBuilder()
                .putFields(
                        DESTINATION,
                        Value.newBuilder().setStringValue(destination).build())
                .build();
        return Struct.newBuilder()
                .putFields(METADATA, Value.newBuilder().setStructValue(pool).build())
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
}
