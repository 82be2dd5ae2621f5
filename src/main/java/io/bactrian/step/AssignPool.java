package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.ScheduledPool;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Assigns the pool that a route named in the header {@code BactrianPool}, else the one that serves the model, else one whose
 * endpoints have announced the model as an adapter of theirs. What the pool has no parser for is refused, or goes on unread.
 */
public final class AssignPool implements Processor {
    private final List<ScheduledPool> pools;
    private final InstantSource clock;
    private final Map<String, ScheduledPool> byName = new HashMap<>();
    private final Map<String, ScheduledPool> byModel = new HashMap<>();

    /** @param clock tells whether what endpoints have announced is still true */
    public AssignPool(List<ScheduledPool> pools, InstantSource clock) {
        this.pools = List.copyOf(pools);
        this.clock = clock;
        for (ScheduledPool pool : pools) {
            byName.put(pool.pool().name(), pool);
            pool.pool().models().forEach(model -> byModel.put(model, pool));
        }
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        String named = exchange.getMessage().getHeader(InferenceExchange.POOL, String.class);
        ScheduledPool pool = named == null ? byModel(inference) : byName.get(named);
        if (pool == null) {
            throw named == null
                    ? unknownModel(inference.request().model())
                    : new InferenceException(
                            ErrorCode.INTERNAL, "pool: " + named + " (expected: one of " + byName.keySet() + ")");
        }
        inference.setPool(pool);
        Api api = inference.request().api();
        if (!pool.readApis().reads(api)) {
            passUnread(inference, pool);
            exchange.getMessage().setHeader(InferenceExchange.API, Api.PASSTHROUGH.name());
        }
        exchange.getMessage().setHeader(InferenceExchange.POOL, pool.pool().name());
    }

    /** Had to be read to find the pool, which has no parser for it. */
    private static void passUnread(InferenceExchange inference, ScheduledPool pool) {
        if (!pool.readApis().passesOthers()) {
            String target = inference.target();
            int query = target.indexOf('?');
            throw new InferenceException(
                    ErrorCode.BAD_REQUEST,
                    "no parser registered matching path suffix for: "
                            + (query < 0 ? target : target.substring(0, query)) + " (expected: a path that one of the "
                            + "parsers of pool " + pool.pool().name() + " takes)");
        }
        inference.leaveUnread();
    }

    private @Nullable ScheduledPool byModel(InferenceExchange inference) {
        if (inference.request().model().isEmpty() && byName.size() == 1) {
            return byName.values().iterator().next();
        }
        String model = inference.request().model();
        ScheduledPool configured = byModel.get(model);
        return configured != null || model.isEmpty() ? configured : byAnnouncement(inference, model);
    }

    /** A model that the configuration does not name may be an adapter that an endpoint has loaded. */
    private @Nullable ScheduledPool byAnnouncement(InferenceExchange inference, String model) {
        for (ScheduledPool pool : pools) {
            if (pool.pool().announces(model, clock.instant())) {
                inference.request().attributes().put(InferenceRequest.ANNOUNCED_ADAPTER, model);
                return pool;
            }
        }
        return null;
    }

    private static InferenceException unknownModel(String model) {
        return model.isEmpty()
                ? new InferenceException(
                        ErrorCode.NOT_FOUND,
                        "the request names no model and several pools are served (a route may name one)")
                : new InferenceException(ErrorCode.MODEL_NOT_FOUND, "The model `" + model + "` does not exist.");
    }
}
