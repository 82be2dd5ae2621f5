package io.bactrian.scheduling;

import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.ResponseHeaders;

/** Follows one request from the choice of its endpoints to its end. Its calls never overlap. */
@FunctionalInterface
public interface RequestListener {

    /** Takes no notice. */
    RequestListener NONE = decision -> {};

    /**
     * Notes that the request goes to the endpoints of {@code decision}; again after a retry, with the new decision. Called
     * on the thread that decides, before the request is sent.
     */
    void picked(Decision.Picked decision);

    /** The prompt has been computed at the prefill endpoint of the decision, whose part of the request is done. */
    default void prefilled() {}

    /**
     * The model server has answered with a head and the first bytes of a body, and no other endpoint will be tried.
     *
     * @param headers of the answer, which may still be changed
     */
    default void answerBegins(ResponseHeaders headers) {}

    /** The answer that begins is a result, no error: its first token is here, or all of it if the client wants no stream. */
    default void firstToken() {}

    /**
     * The model server's answer has ended, whole, and said what it took. The client may not have it all yet; if it came at once, this
     * comes before {@link #answerBegins}.
     */
    default void reported(ReportedUsage usage) {}

    /**
     * The model server calls what it answers {@code id}, and keeps it: a client may come back to it. Told as soon as it is known, before
     * the client hears of it.
     */
    default void named(String id) {}

    /** The request has ended; called once, whether an endpoint had been picked or not. */
    default void ended(Outcome outcome) {}
}
