package io.bactrian.simulator;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A request as it arrived at a simulated model server. */
public final class ReceivedRequest {
    private final String method;
    private final String target;
    private final List<Map.Entry<String, String>> headers;
    private final byte[] body;

    ReceivedRequest(String method, String target, List<Map.Entry<String, String>> headers, byte[] body) {
        this.method = method;
        this.target = target;
        this.headers = List.copyOf(headers);
        this.body = body;
    }

    /** Returns the HTTP method. */
    public String method() {
        return method;
    }

    /** Returns path and query as they were sent. */
    public String target() {
        return target;
    }

    /** Returns names and values of all headers in the order they came. */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** Returns the first value of a header, whatever the case of its name. */
    public Optional<String> header(String name) {
        return headers.stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Returns a copy of the body's bytes. */
    public byte[] body() {
        return body.clone();
    }

    /** Returns the body as text. */
    public String bodyText() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
