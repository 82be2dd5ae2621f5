package io.bactrian.request;

import org.jspecify.annotations.Nullable;

/**
 * What comes with a request beside its body, and what is found out about it on its way: one for each request. Used by one
 * thread at a time.
 */
public final class RequestContext {
    private final RequestHeaders headers;
    private final Attributes attributes = new Attributes();
    private Objective objective = Objective.NONE;
    private RequestBytes body = RequestBytes.EMPTY;
    private @Nullable PromptTokens promptTokens;

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

    /** Returns the body, to be {@linkplain RequestBytes#retain() retained} by who reads it later than now. */
    public RequestBytes body() {
        return body;
    }

    /** Notes the body. */
    public void setBody(RequestBytes read) {
        body = read;
    }

    /** Returns how many tokens the prompt has; null where nobody has counted. */
    public @Nullable PromptTokens promptTokens() {
        return promptTokens;
    }

    /** Notes how many tokens the prompt has. */
    public void setPromptTokens(PromptTokens counted) {
        promptTokens = counted;
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
