package io.bactrian.request;

/** Follows one request for whoever traces it. Its calls never overlap. */
public interface RequestTrace {

    /** Follows nothing. */
    RequestTrace NONE = new RequestTrace() {};

    /** The headers of a request that is about to be sent. */
    interface TraceHeaders {
        /** Sets header {@code name}, replacing what the client sent under it. */
        void set(String name, String value);

        void remove(String name);
    }

    /** Returns the name of the trace; empty if there is none. */
    default String id() {
        return "";
    }

    /** The choice of an endpoint begins. */
    default void pickBegins() {}

    /** The choice of an endpoint has ended. */
    default void pickEnds() {}

    /** One of perhaps many images, videos and sounds is sent to be encoded; {@code headers} take what continues the trace there. */
    default void encodes(TraceHeaders headers) {}

    /**
     * The prompt is sent to an endpoint that computes it for another.
     *
     * @param headers take what lets the model server continue the trace
     */
    default void prefillBegins(String host, int port, TraceHeaders headers) {}

    /** Prefill has ended: with {@code status}, or 0 if it was not answered. */
    default void prefillEnds(int status) {}

    /**
     * The request is sent to an endpoint; what was sent to another before has come to nothing.
     *
     * @param headers take what lets the model server continue the trace
     */
    default void decodeBegins(String host, int port, TraceHeaders headers) {}
}
