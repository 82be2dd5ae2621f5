package io.bactrian.component.modelserver;

import io.bactrian.component.nettyhttp.NettyClientHead;
import io.bactrian.exchange.ClientHead;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.exchange.RoutingHeaders;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Which headers cross the router: all but those that belong to one connection, and those that steer routing. */
final class WireHeaders {
    private static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");
    private static final String CONTENT_TYPE = "content-type";

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

    private static final List<AsciiString> ROUTING = names(RoutingHeaders.NAMES.toArray(String[]::new));

    /** Headers that the router writes itself. */
    private static final List<AsciiString> REWRITTEN =
            names("content-length", "content-type", "accept-encoding", "expect", "host", "x-request-id");

    /** What Netty adds to a request that came over HTTP/2. */
    private static final List<AsciiString> ADDED = Arrays.stream(HttpConversionUtil.ExtensionHeaderNames.values())
            .map(HttpConversionUtil.ExtensionHeaderNames::text)
            .toList();

    private static final HeaderNames NOT_UPSTREAM = join(HOP_BY_HOP, ROUTING, REWRITTEN, ADDED);
    private static final HeaderNames NOT_DOWNSTREAM = join(HOP_BY_HOP, ROUTING, names("x-request-id"));

    /** For headers that Netty has read, and checked while reading. */
    private static final HttpHeadersFactory CHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private WireHeaders() {}

    /**
     * Returns the headers to send to the model server at {@code hostPort}.
     *
     * @param own headers of the router's
     */
    static HttpHeaders upstream(InferenceExchange inference, String hostPort, int bodyBytes, Map<String, String> own) {
        HttpHeaders headers = inference.head() instanceof NettyClientHead netty
                ? copyUpstream(netty.nettyHeaders())
                : copyOfForeign(inference.head());
        headers.add(HttpHeaderNames.HOST, hostPort)
                .add(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY)
                .add(REQUEST_ID, inference.requestId());
        own.forEach(headers::set);
        if (bodyBytes > 0) {
            headers.addInt(HttpHeaderNames.CONTENT_LENGTH, bodyBytes);
        }
        if (inference.isJson()) {
            // It has been read as JSON; curl -d calls it a form.
            headers.add(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        } else {
            String contentType = inference.head().header(CONTENT_TYPE);
            if (!contentType.isEmpty()) {
                headers.add(HttpHeaderNames.CONTENT_TYPE, contentType);
            }
        }
        return headers;
    }

    private static HttpHeaders copyOfForeign(ClientHead head) {
        HttpHeaders headers = new DefaultHttpHeaders();
        head.headers().forEach(header -> {
            if (!NOT_UPSTREAM.contains(header.getKey())) {
                headers.add(header.getKey(), header.getValue());
            }
        });
        return headers;
    }

    /** Leaves in a model server's {@code headers} those that go to the client, and adds the request's id. */
    static void toDownstream(HttpHeaders headers, String requestId) {
        List<CharSequence> dropped = List.of();
        boolean namesOthers = false;
        Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            if (NOT_DOWNSTREAM.contains(header.getKey())) {
                dropped = dropped.isEmpty() ? new ArrayList<>() : dropped;
                dropped.add(header.getKey());
                namesOthers |= namesOthers(header);
            }
        }
        if (namesOthers) {
            removeNamedByConnection(headers, headers.getAll(HttpHeaderNames.CONNECTION));
        }
        for (CharSequence name : dropped) {
            headers.remove(name);
        }
        headers.add(REQUEST_ID, requestId);
    }

    /** Copies what may cross in one pass: copying all and removing by name costs a pass for each of fifty names. */
    private static HttpHeaders copyUpstream(HttpHeaders headers) {
        HttpHeaders copy = CHECKED.newHeaders();
        boolean namesOthers = false;
        Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            if (!NOT_UPSTREAM.contains(header.getKey())) {
                copy.add(header.getKey(), header.getValue());
            } else {
                namesOthers |= namesOthers(header);
            }
        }
        if (namesOthers) {
            removeNamedByConnection(copy, headers.getAll(HttpHeaderNames.CONNECTION));
        }
        return copy;
    }

    /** Tells whether {@code header} is {@code Connection} with more than one of the two words that name no header. */
    private static boolean namesOthers(Map.Entry<CharSequence, CharSequence> header) {
        return HttpHeaderNames.CONNECTION.contentEqualsIgnoreCase(header.getKey())
                && !HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(header.getValue())
                && !HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(header.getValue());
    }

    private static void removeNamedByConnection(HttpHeaders headers, List<String> connection) {
        for (String names : connection) {
            for (String name : names.split(",", -1)) {
                if (!name.isBlank()) {
                    headers.remove(name.strip());
                }
            }
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
    private static HeaderNames join(List<AsciiString>... lists) {
        List<AsciiString> all = new ArrayList<>();
        for (List<AsciiString> list : lists) {
            all.addAll(list);
        }
        return new HeaderNames(all);
    }
}
