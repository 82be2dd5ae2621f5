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
 * @param models the models it says it serves; null if it was not asked, or has not answered
 * @param custom metrics that the configuration names, by the keys it gives them
 */
public record EndpointMetrics(
        Signal waitingRequests,
        Signal runningRequests,
        Signal kvCacheUsage,
        OptionalInt blockSizeTokens,
        OptionalInt kvBlocks,
        @Nullable Adapters adapters,
        @Nullable ServedModels models,
        Map<DataKey<Double>, Signal> custom) {

    /** Nothing reported yet. */
    public static final EndpointMetrics NONE =
            new EndpointMetrics(Signal.ABSENT, Signal.ABSENT, Signal.ABSENT, OptionalInt.empty(), OptionalInt.empty());

    /** Metrics without adapters, models and custom ones. */
    public EndpointMetrics(
            Signal waitingRequests,
            Signal runningRequests,
            Signal kvCacheUsage,
            OptionalInt blockSizeTokens,
            OptionalInt kvBlocks) {
        this(waitingRequests, runningRequests, kvCacheUsage, blockSizeTokens, kvBlocks, null, null, Map.of());
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
                adapters == null || isFresh(adapters.observedAt(), now, limit.plus(adapters.slack())) ? adapters : null;
        ServedModels served =
                models == null || isFresh(models.observedAt(), now, limit.plus(models.slack())) ? models : null;
        Map<DataKey<Double>, Signal> present = custom.isEmpty() ? custom : freshOnes(now, limit);
        boolean unchanged = waiting == waitingRequests
                && running == runningRequests
                && usage == kvCacheUsage
                && current == adapters
                && served == models
                && present.size() == custom.size();
        return unchanged
                ? this
                : new EndpointMetrics(waiting, running, usage, blockSizeTokens, kvBlocks, current, served, present);
    }

    private static boolean isFresh(Instant observedAt, Instant now, Duration limit) {
        return Duration.between(observedAt, now).compareTo(limit) <= 0;
    }

    private Map<DataKey<Double>, Signal> freshOnes(Instant now, Duration limit) {
        Map<DataKey<Double>, Signal> fresh = new HashMap<>(custom);
        fresh.values().removeIf(signal -> !signal.ifFresh(now, limit).isPresent());
        return fresh;
    }

    /** Tells whether {@code name} is on the endpoint's list of models. */
    public boolean lists(String name) {
        return models != null && models.has(name);
    }

    /** Tells whether the endpoint says that it serves {@code name}, be it by its list or by the adapters it has loaded. */
    public boolean announces(String name) {
        return lists(name)
                || (adapters != null
                        && (adapters.running().contains(name)
                                || adapters.waiting().contains(name)));
    }

    /** Returns these metrics with {@code served} as the models. */
    public EndpointMetrics withModels(ServedModels served) {
        return new EndpointMetrics(
                waitingRequests, runningRequests, kvCacheUsage, blockSizeTokens, kvBlocks, adapters, served, custom);
    }

    /** Returns these metrics with {@code all} as the custom ones. */
    public EndpointMetrics withCustom(Map<DataKey<Double>, Signal> all) {
        return new EndpointMetrics(
                waitingRequests, runningRequests, kvCacheUsage, blockSizeTokens, kvBlocks, adapters, models, all);
    }
}
