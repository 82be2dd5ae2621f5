package io.bactrian.request;

/** Decides which requests are traced. Safe between threads. */
public interface RequestTracer {

    /** Traces nothing and leaves the headers that carry traces alone. */
    RequestTracer NONE = (method, headers) -> RequestTrace.NONE;

    /** Begins to follow a request that came with {@code headers}, which may carry a trace to continue. */
    RequestTrace begin(String method, RequestHeaders headers);
}
