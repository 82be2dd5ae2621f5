package io.bactrian.config;

import java.net.URI;

/**
 * Traces of requests, sent by OTLP over HTTP.
 *
 * @param endpoint where spans are sent, such as {@code http://127.0.0.1:4318/v1/traces}; nothing is traced if empty
 * @param sampleRatio share of requests traced of those that do not say themselves whether they are, 0 to 1
 */
public record TracingSettings(String endpoint, double sampleRatio) {

    /** Off; once on, every request is traced. */
    public static final TracingSettings DEFAULTS = new TracingSettings("", 1);

    public TracingSettings {
        if (!endpoint.isEmpty() && !isHttp(endpoint)) {
            throw new IllegalArgumentException(
                    "endpoint: " + endpoint + " (expected: a URL that begins with http:// or https://)");
        }
        if (!(sampleRatio >= 0 && sampleRatio <= 1)) {
            throw new IllegalArgumentException("sampleRatio: " + sampleRatio + " (expected: 0 to 1)");
        }
    }

    private static boolean isHttp(String endpoint) {
        try {
            URI uri = URI.create(endpoint);
            return uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Tells whether anything is traced. */
    public boolean isOn() {
        return !endpoint.isEmpty();
    }
}
