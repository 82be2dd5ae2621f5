package io.bactrian.simulator.load;

/** How a request ended. */
public enum Outcome {
    /** The whole answer came. */
    COMPLETED,
    /** The server refused for want of room: 429 or 503. */
    SHED,
    /** Any other status than success. */
    STATUS,
    /** No connection could be made. */
    CONNECT,
    /** The answer broke off, or a stream ended without {@code [DONE]}. */
    CUT,
    /** The stream carried an error event. */
    ERROR_EVENT,
    /** The answer did not end in time. */
    TIMEOUT;

    /** Tells whether something is broken; shedding is not. */
    public boolean isError() {
        return this != COMPLETED && this != SHED;
    }

    /** Returns what the {@code status} of a whole answer says. */
    static Outcome of(int status) {
        if (status == 429 || status == 503) {
            return SHED;
        }
        return status / 100 == 2 ? COMPLETED : STATUS;
    }
}
