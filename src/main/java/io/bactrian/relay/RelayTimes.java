package io.bactrian.relay;

import java.util.OptionalLong;

/**
 * When what happened to one request, in nanoseconds since it had been read whole; {@link #NEVER} for what did not.
 *
 * @param admitted its turn had come
 * @param sent it was first sent to a model server
 * @param firstBytes the first bytes of an answer were there for the client
 * @param answered the model server's answer had come whole
 * @param ended all of it was over
 */
public record RelayTimes(long admitted, long sent, long firstBytes, long answered, long ended) {

    /** Did not happen. */
    public static final long NEVER = -1;

    /** Returns how long after reading the request the first bytes for the client were there. */
    public OptionalLong timeToFirstToken() {
        return firstBytes == NEVER ? OptionalLong.empty() : OptionalLong.of(firstBytes);
    }
}
