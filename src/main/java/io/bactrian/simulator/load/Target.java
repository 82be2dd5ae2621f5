package io.bactrian.simulator.load;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * The server under load.
 *
 * @param url http or https; the path is what stands before {@code /v1}, and may end in it
 * @param headers sent with every request
 * @param endpointHeader response header that names the endpoint which served the request
 * @param timeout a request unanswered this long after it was due counts as an error
 * @param trustAnyCertificate whether a server with a certificate nobody vouches for is accepted
 */
public record Target(
        URI url, Map<String, String> headers, String endpointHeader, Duration timeout, boolean trustAnyCertificate) {

    /** The response header in which the gateway names the endpoint it chose. */
    public static final String DEFAULT_ENDPOINT_HEADER = "x-bactrian-endpoint";

    public Target {
        headers = Map.copyOf(headers);
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http || url.getHost() == null) {
            throw new IllegalArgumentException("url: " + url + " (expected: http://host:port or https://host:port)");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: > 0)");
        }
    }

    boolean isTls() {
        return "https".equals(url.getScheme());
    }

    int port() {
        return url.getPort() >= 0 ? url.getPort() : isTls() ? 443 : 80;
    }

    /** Returns the request target of {@code path}, which starts after {@code /v1}. */
    String pathOf(String path) {
        String base = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
        return (base.endsWith("/v1") ? base : base + "/v1") + path;
    }
}
