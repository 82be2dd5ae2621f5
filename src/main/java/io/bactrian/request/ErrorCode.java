package io.bactrian.request;

/** Everything that can go wrong with a request, each with the answer a client gets. */
public enum ErrorCode {
    /** The request cannot be understood. */
    BAD_REQUEST(400, "invalid_request_error", false),
    /** A plug-in does not know who asks. */
    UNAUTHORIZED(401, "authentication_error", false),
    /** A plug-in does not let the client ask this, or the request names a model server that nobody may name here. */
    FORBIDDEN(403, "permission_error", false),
    /** The path is not served here. */
    NOT_FOUND(404, "not_found_error", false),
    /** No pool serves the model. */
    MODEL_NOT_FOUND(404, "not_found_error", false),
    /** The path is served, but not with this method. */
    METHOD_NOT_ALLOWED(405, "invalid_request_error", false),
    /** The body did not arrive in time. */
    REQUEST_TIMEOUT(408, "timeout_error", true),
    /** The request is to run only where its prompt is cached, and it is not. */
    PRECONDITION_FAILED(412, "invalid_request_error", false),
    /** The body is longer than the limit. */
    BODY_TOO_LARGE(413, "invalid_request_error", false),
    /** The request target is longer than the limit. */
    URI_TOO_LONG(414, "invalid_request_error", false),
    /** The headers are longer than the limit. */
    HEADERS_TOO_LARGE(431, "invalid_request_error", false),
    /** Every endpoint that could take the request is full. */
    SATURATED(429, "rate_limit_error", true),
    /** The router itself failed. */
    INTERNAL(500, "internal_error", true),
    /** The model server failed or cut its answer. */
    UPSTREAM_FAILED(502, "upstream_error", true),
    /** Too many bytes of requests are held in memory. */
    MEMORY_EXHAUSTED(503, "overloaded_error", true),
    /** Too many connections are open. */
    TOO_MANY_CONNECTIONS(503, "overloaded_error", true),
    /** No endpoint of the pool can take the request now. */
    NO_ENDPOINT(503, "overloaded_error", true),
    /** The process is stopping. */
    SHUTTING_DOWN(503, "overloaded_error", true),
    /** The model server did not begin to answer in time. */
    UPSTREAM_TIMEOUT(504, "timeout_error", true);

    private final int status;
    private final String type;
    private final boolean retryHelps;

    ErrorCode(int status, String type, boolean retryHelps) {
        this.status = status;
        this.type = type;
        this.retryHelps = retryHelps;
    }

    /** Returns the HTTP status. */
    public int status() {
        return status;
    }

    /** Returns the {@code error.type} of an OpenAI error body. */
    public String type() {
        return type;
    }

    /** Returns the {@code error.code} of an OpenAI error body. */
    public String code() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Tells whether the same request may succeed later. */
    public boolean retryHelps() {
        return retryHelps;
    }
}
