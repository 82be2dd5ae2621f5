package io.bactrian.endpoint;

import io.bactrian.request.DataKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint last reported about itself, each signal with its own age.
 *
 * @param waitingRequests requests queued inside the model server
 * @param runningRequests requests in its running batch
 * @param kvCacheUsage share of KV blocks in use, 0 to 1
 * @param blockSizeTokens tokens in one KV block
 * @param kvBlocks KV blocks the model server has
 * @param adapters its LoRA adapters; null if it reports none
 * @param custom metrics that the configuration names, by the keys it gives them
 */
public record EndpointMetrics(
        Signal waitingRequests,
        Signal runningRequests,
        Signal kvCacheUsage,
        OptionalInt blockSizeTokens,
        OptionalInt kvBlocks,
        @Nullable Adapters adapters,
        Map<DataKey<Double>, Signal> custom) {

    /** Nothing reported yet. */
    public static final EndpointMetrics NONE =
            new EndpointMetrics(Signal.ABSENT, Signal.ABSENT, Signal.ABSENT, OptionalInt.empty(), OptionalInt.empty());

    /** Metrics without adapters and without custom ones. */
    public EndpointMetrics(
            Signal waitingRequests,
            Signal runningRequests,
            Signal kvCacheUsage,
            OptionalInt blockSizeTokens,
            OptionalInt kvBlocks) {
        this(waitingRequests, runningRequests, kvCacheUsage, blockSizeTokens, kvBlocks, null, Map.of());
    }

    public EndpointMetrics {
        custom = Map.copyOf(custom);
        if (kvCacheUsage.isPresent() && kvCacheUsage.value() > 1) {
            throw new IllegalArgumentException("kvCacheUsage: " + kvCacheUsage.value() + " (expected: 0 to 1)");
        }
    }

    /** Returns the metrics with every signal older than {@code limit} absent. */
    public EndpointMetrics fresh(Instant now, Duration limit) {
        Signal waiting = waitingRequests.ifFresh(now, limit);
        Signal running = runningRequests.ifFresh(now, limit);
        Signal usage = kvCacheUsage.ifFresh(now, limit);
        Adapters current =
                adapters == null || Duration.between(adapters.observedAt(), now).compareTo(limit) <= 0
                        ? adapters
                        : null;
        Map<DataKey<Double>, Signal> present = custom.isEmpty() ? custom : freshOnes(now, limit);
        boolean unchanged = waiting == waitingRequests
                && running == runningRequests
                && usage == kvCacheUsage
                && current == adapters
                && present.size() == custom.size();
        return unchanged
                ? this
                : new EndpointMetrics(waiting, running, usage, blockSizeTokens, kvBlocks, current, present);
    }

    private Map<DataKey<Double>, Signal> freshOnes(Instant now, Duration limit) {
        Map<DataKey<Double>, Signal> fresh = new HashMap<>(custom);
        fresh.values().removeIf(signal -> !signal.ifFresh(now, limit).isPresent());
        return fresh;
    }
}
