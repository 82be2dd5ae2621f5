package io.bactrian.relay;

/** Ways in which a model server can fail to give a whole answer. */
public enum UpstreamFailure {
    /** No connection could be opened. */
    CONNECT,
    /** A connection kept from an earlier request was closed before it gave a byte: the server never saw this one. */
    STALE_CONNECTION,
    /** The answer did not begin in time. */
    FIRST_BYTE_TIMEOUT,
    /** The answer paused or lasted too long. */
    ANSWER_TIMEOUT,
    /** The connection closed before the answer was complete. */
    CUT,
    /** What came is not HTTP, or exceeds a limit. */
    PROTOCOL
}
