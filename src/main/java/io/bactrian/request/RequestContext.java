package io.bactrian.request;

/**
 * What comes with a request beside its body, and what is found out about it on its way: one for each request. Used by one
 * thread at a time.
 */
public final class RequestContext {
    private final RequestHeaders headers;
    private final Attributes attributes = new Attributes();
    private Objective objective = Objective.NONE;

    public RequestContext(RequestHeaders headers) {
        this.headers = headers;
    }

    /** Returns the client's headers. */
    public RequestHeaders headers() {
        return headers;
    }

    /** Returns what plug-ins attach to the request. */
    public Attributes attributes() {
        return attributes;
    }

    /** Returns what the request is promised; {@link Objective#NONE} until that is looked up. */
    public Objective objective() {
        return objective;
    }

    /** Notes what the request is promised. */
    public void setObjective(Objective promised) {
        objective = promised;
    }
}
