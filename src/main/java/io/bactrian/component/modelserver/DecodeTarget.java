package io.bactrian.component.modelserver;

import io.bactrian.engine.connector.Leg;
import io.bactrian.request.RequestTrace;
import io.bactrian.scheduling.Decision;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpRequest;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Where a request for an answer is sent.
 *
 * @param hostPort names the endpoint that answers, which may be reached at another address
 * @param headers what the way to it takes
 */
record DecodeTarget(InetSocketAddress address, String hostPort, Map<String, String> headers) {

    /** Returns where the decision in force sends the request of {@code scope}. */
    static DecodeTarget of(RequestScope scope) {
        Decision.Picked decision = scope.inference().decision();
        String hostPort = decision.endpoint().endpoint().hostPort();
        Decision.Route route = decision.route();
        if (route == null) {
            return new DecodeTarget(decision.endpoint().endpoint().address(), hostPort, Map.of());
        }
        if (!scope.isSplitHere()) {
            return new DecodeTarget(route.address(), hostPort, route.headers());
        }
        Map<String, String> headers = new HashMap<>(route.headers());
        headers.remove(Decision.PREFILLER_HEADER); // which only a sidecar needs
        headers.remove(Decision.ENCODERS_HEADER);
        headers.remove(Decision.CACHE_SOURCE_HEADER);
        return new DecodeTarget(route.address(), hostPort, headers);
    }

    /** Returns the request with {@code body} and the headers of {@code leg}. */
    FullHttpRequest request(RequestScope scope, ByteBuf body, Leg leg) {
        return scope.with(
                body, WireHeaders.upstream(scope.inference(), hostPort, body.readableBytes(), headersOf(leg)));
    }

    private Map<String, String> headersOf(Leg leg) {
        if (headers.isEmpty() || leg.headers().isEmpty()) {
            return headers.isEmpty() ? leg.headers() : headers;
        }
        Map<String, String> all = new HashMap<>(headers);
        all.putAll(leg.headers());
        return all;
    }

    /** Lets who follows the request go on with {@code request}, which is about to be sent here. */
    void trace(RequestScope scope, FullHttpRequest request) {
        RequestTrace trace = scope.inference().trace();
        if (trace != RequestTrace.NONE) {
            trace.decodeBegins(address.getHostString(), address.getPort(), new HeadersOnTheWay(request.headers()));
        }
    }
}
