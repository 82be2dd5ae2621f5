package io.bactrian.engine;

import io.bactrian.endpoint.EndpointMetrics;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * Reads one kind of page of one endpoint, again and again: feed it every piece as it comes, then {@link #finish}. It takes any
 * bytes without complaint. For one thread.
 */
public interface PageReader {

    /** Forgets what has come of a page that will not be finished. */
    void reset();

    /** Takes the next piece of the page, from {@code piece}'s position to its limit; neither changes. */
    void feed(ByteBuffer piece);

    /**
     * Ends the page and makes ready for the next.
     *
     * @param previous what is known of the endpoint: what the page does not tell keeps its value and its age
     * @param observedAt when the page was read, by the router's clock
     */
    EndpointMetrics finish(EndpointMetrics previous, Instant observedAt);

    /** Tells whether the page that was finished last lacked something that it should have told. */
    boolean lacked();
}
