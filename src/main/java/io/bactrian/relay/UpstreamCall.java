package io.bactrian.relay;

/** One request on its way to a model server. To be used on its event loop. */
public interface UpstreamCall {
    /** Closes the connection, which tells the model server to stop generating; nothing is heard afterwards. */
    void abort();

    /** Stops reading from the model server, so that it is slowed down to the client's pace. */
    void pause();

    /** Reads again. */
    void resume();
}
