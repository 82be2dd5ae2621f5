package io.bactrian.component.extproc;

import io.bactrian.exchange.ClientHead;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The head of a request as a proxy tells it: HTTP/2's pseudo headers say what stood in the request line. */
final class ProxyHead implements ClientHead {
    private final List<Map.Entry<String, String>> headers;
    private String method = "";
    private String target = "";
    private @Nullable ServedRequest served;

    ProxyHead(HeaderMap map) {
        headers = new ArrayList<>(map.getHeadersCount());
        for (HeaderValue header : map.getHeadersList()) {
            String name = header.getKey();
            if (name.startsWith(":")) {
                pseudo(name, valueOf(header));
            } else {
                headers.add(Map.entry(name, valueOf(header)));
            }
        }
    }

    private void pseudo(String name, String value) {
        switch (name) {
            case ":method" -> method = value;
            case ":path" -> target = value;
            default -> {} // where the client meant to go: the proxy has seen to that
        }
    }

    /** Returns the value of {@code header}, which stands in one of two fields: {@code raw_value} if that is not empty. */
    static String valueOf(HeaderValue header) {
        return header.getRawValue().isEmpty()
                ? header.getValue()
                : header.getRawValue().toStringUtf8();
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public boolean isHttp10() {
        return false;
    }

    @Override
    public Iterable<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** Notes that the route leaves the request to the proxy. */
    void handOver(ServedRequest request) {
        served = request;
    }

    /** Returns the request that the route left to the proxy; null if it did not. */
    @Nullable
    ServedRequest served() {
        return served;
    }
}
