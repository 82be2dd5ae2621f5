package io.bactrian.exchange;

import java.util.Map;

/** What stood before the body of the request that an exchange carries. */
public interface ClientHead {

    /** Returns the HTTP method. */
    String method();

    /** Returns the request target as the client sent it. */
    String target();

    /** Tells whether the client speaks HTTP/1.0, which knows no chunks. */
    boolean isHttp10();

    /** Returns the headers in the order in which they came. */
    Iterable<Map.Entry<String, String>> headers();

    /** Returns the first value of header {@code name}, or the empty string. */
    default String header(String name) {
        for (Map.Entry<String, String> header : headers()) {
            if (header.getKey().equalsIgnoreCase(name)) {
                return header.getValue();
            }
        }
        return "";
    }
}
