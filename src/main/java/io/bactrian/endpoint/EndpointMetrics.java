package io.bactrian.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;

/**
 * What an endpoint last reported about itself, each signal with its own age.
 *
 * @param waitingRequests requests queued inside the model server
 * @param runningRequests requests in its running batch
 * @param kvCacheUsage share of KV blocks in use, 0 to 1
 * @param blockSizeTokens tokens in one KV block
 * @param kvBlocks KV blocks the model server has
 */
public record EndpointMetrics(
        Signal waitingRequests,
        Signal runningRequests,
        Signal kvCacheUsage,
        OptionalInt blockSizeTokens,
        OptionalInt kvBlocks) {

    /** Nothing reported yet. */
    public static final EndpointMetrics NONE =
            new EndpointMetrics(Signal.ABSENT, Signal.ABSENT, Signal.ABSENT, OptionalInt.empty(), OptionalInt.empty());

    public EndpointMetrics {
        if (kvCacheUsage.isPresent() && kvCacheUsage.value() > 1) {
            throw new IllegalArgumentException("kvCacheUsage: " + kvCacheUsage.value() + " (expected: 0 to 1)");
        }
    }

    /** Returns the metrics with every signal older than {@code limit} absent. */
    public EndpointMetrics fresh(Instant now, Duration limit) {
        Signal waiting = waitingRequests.ifFresh(now, limit);
        Signal running = runningRequests.ifFresh(now, limit);
        Signal usage = kvCacheUsage.ifFresh(now, limit);
        boolean unchanged = waiting == waitingRequests && running == runningRequests && usage == kvCacheUsage;
        return unchanged ? this : new EndpointMetrics(waiting, running, usage, blockSizeTokens, kvBlocks);
    }
}
