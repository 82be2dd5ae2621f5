package io.bactrian.flowcontrol;

import io.bactrian.request.ErrorCode;

/** The answer of flow control to one request. */
public sealed interface Admission {

    /** The request may run. */
    record Granted() implements Admission {}

    /**
     * The request was turned away.
     *
     * @param droppedReason the value of {@code x-llm-d-request-dropped-reason}
     */
    record Refused(ErrorCode code, String message, String droppedReason) implements Admission {}
}
