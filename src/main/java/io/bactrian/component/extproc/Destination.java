package io.bactrian.component.extproc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bactrian.exchange.RoutingHeaders;
import io.bactrian.request.RequestTrace;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ScoredCandidates;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What a proxy is told of where a request goes: the changes of its head, and the metadata that the proxy balances by. */
final class Destination {
    /** The namespace of the dynamic metadata that proxies balance by. */
    static final String METADATA = "envoy.lb";

    /** Where the request goes, in the header and in the dynamic metadata. */
    private static final String DESTINATION = "x-gateway-destination-endpoint";

    private static final String SCORES = "x-gateway-destination-endpoint-scores";
    private static final String REQUEST_ID = "x-request-id";
    private static final String CONTENT_LENGTH = "content-length";

    private final ServedRequest served;
    private final Struct metadata;

    /** @param withScores whether the metadata says how the candidates were rated */
    Destination(ServedRequest served, boolean withScores) {
        this.served = served;
        this.metadata = metadata(withScores);
    }

    private Struct metadata(boolean withScores) {
        Struct.Builder pool = Struct.newBuilder().putFields(DESTINATION, text(served.destination()));
        ScoredCandidates scored = served.inference().decision().primary().scored();
        if (withScores && !scored.scorers().isEmpty()) {
            pool.putFields(SCORES, struct(scores(scored)));
        }
        return Struct.newBuilder().putFields(METADATA, struct(pool)).build();
    }

    private static Struct.Builder scores(ScoredCandidates scored) {
        Struct.Builder scores = Struct.newBuilder();
        for (int i = 0; i < scored.size(); i++) {
            scores.putFields(
                    WireAddress.of(scored.candidate(i).endpoint().address()),
                    Value.newBuilder().setNumberValue(scored.total(i)).build());
        }
        return scores;
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static Value struct(Struct.Builder struct) {
        return Value.newBuilder().setStructValue(struct).build();
    }

    /** Returns the reply to a head; {@code contentLength} is that of the body to come, 0 leaves the header alone. */
    Reply inHead(int contentLength) {
        return Reply.of(ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.newBuilder().setResponse(changes(contentLength)))
                .setDynamicMetadata(metadata)
                .build());
    }

    /** Returns the reply to a body, for a proxy that has kept the head back. */
    Reply inBody() {
        return Reply.of(ProcessingResponse.newBuilder()
                .setRequestBody(BodyResponse.newBuilder().setResponse(changes(0)))
                .setDynamicMetadata(metadata)
                .build());
    }

    /** Returns the reply to trailers without a body, which can say it in the metadata alone. */
    Reply behindTrailers() {
        return Replies.REQUEST_TRAILERS.with(
                ProcessingResponse.newBuilder().setDynamicMetadata(metadata).build());
    }

    private CommonResponse changes(int contentLength) {
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
        headers.addSetHeaders(Replies.option(name, value));
    }

    private record TraceHeaders(HeaderMutation.Builder headers, Set<String> written)
            implements RequestTrace.TraceHeaders {
        @Override
        public void set(String name, String value) {
            Destination.set(headers, written, name, value);
        }

        @Override
        public void remove(String name) {
            headers.addRemoveHeaders(name);
        }
    }
}
