package io.bactrian.component.modelserver;

import io.bactrian.component.nettyhttp.NettyClientHead;
import io.bactrian.exchange.ClientHead;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.scheduling.Decision;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which headers cross the router: all but those that belong to one connection, and those that steer routing. */
final class WireHeaders {
    private static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");

    /** Headers of one hop (RFC 9110 section 7.6.1). */
    private static final List<AsciiString> HOP_BY_HOP = names(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings");

    /** Headers that tell an llm-d router or sidecar where to send a request; nobody outside may (llm-d-router #242). */
    private static final List<AsciiString> ROUTING = names(
            "x-prefiller-host-port",
            "x-encoder-hosts-ports",
            "x-data-parallel-host-port",
            "x-data-parallel-rank",
            "x-kv-cache-source-host-port",
            "x-gateway-destination-endpoint",
            "x-gateway-destination-endpoint-subset",
            "x-gateway-destination-endpoint-served",
            "x-gateway-model-name-rewrite",
            "x-llm-d-model-name-rewrite",
            "x-llm-d-request-dropped-reason",
            "epp-profile",
            "test-epp-endpoint-selection");

    /** Headers that the router writes itself. */
    private static final List<AsciiString> REWRITTEN =
            names("content-length", "content-type", "accept-encoding", "expect", "host", "x-request-id");

    /** What Netty adds to a request that came over HTTP/2. */
    private static final List<AsciiString> ADDED = Arrays.stream(HttpConversionUtil.ExtensionHeaderNames.values())
            .map(HttpConversionUtil.ExtensionHeaderNames::text)
            .toList();

    private static final List<AsciiString> NOT_UPSTREAM = join(HOP_BY_HOP, ROUTING, REWRITTEN, ADDED);
    private static final List<AsciiString> NOT_DOWNSTREAM = join(HOP_BY_HOP, ROUTING, names("x-request-id"));

    private WireHeaders() {}

    /** Returns the headers to send to the model server at {@code hostPort}. */
    static HttpHeaders upstream(InferenceExchange inference, String hostPort, int bodyBytes) {
        HttpHeaders headers = copyOf(inference.head());
        String contentType = headers.get(HttpHeaderNames.CONTENT_TYPE);
        remove(headers, NOT_UPSTREAM);
        headers.set(HttpHeaderNames.HOST, hostPort)
                .set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY)
                .set(REQUEST_ID, inference.requestId());
        Decision.Route route = inference.decision().route();
        if (route != null) {
            route.headers().forEach(headers::set);
        }
        if (bodyBytes > 0) {
            headers.setInt(HttpHeaderNames.CONTENT_LENGTH, bodyBytes);
        }
        if (inference.isJson()) {
            // It has been read as JSON; curl -d calls it a form.
            headers.set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        } else if (contentType != null) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
        }
        return headers;
    }

    private static HttpHeaders copyOf(ClientHead head) {
        if (head instanceof NettyClientHead netty) {
            HttpHeaders headers = netty.nettyHeaders().copy();
            removeNamedByConnection(headers);
            return headers;
        }
        HttpHeaders headers = new DefaultHttpHeaders();
        head.headers().forEach(header -> headers.add(header.getKey(), header.getValue()));
        return headers;
    }

    /** Returns those of a model server's headers that go to the client. */
    static HttpHeaders downstream(HttpHeaders headers, String requestId) {
        HttpHeaders copy = headers.copy();
        removeNamedByConnection(copy);
        remove(copy, NOT_DOWNSTREAM);
        copy.set(REQUEST_ID, requestId);
        return copy;
    }

    private static void removeNamedByConnection(HttpHeaders headers) {
        if (headers.contains(HttpHeaderNames.CONNECTION)) {
            for (String names : headers.getAll(HttpHeaderNames.CONNECTION)) {
                for (String name : names.split(",", -1)) {
                    if (!name.isBlank()) {
                        headers.remove(name.strip());
                    }
                }
            }
        }
    }

    private static void remove(HttpHeaders headers, List<AsciiString> names) {
        for (AsciiString name : names) {
            headers.remove(name);
        }
    }

    private static List<AsciiString> names(String... names) {
        List<AsciiString> list = new ArrayList<>();
        for (String name : names) {
            list.add(AsciiString.cached(name));
        }
        return List.copyOf(list);
    }

    @SafeVarargs
    private static List<AsciiString> join(List<AsciiString>... lists) {
        List<AsciiString> all = new ArrayList<>();
        for (List<AsciiString> list : lists) {
            all.addAll(list);
        }
        return List.copyOf(all);
    }
}
