package io.bactrian.engine.connector;

import org.jspecify.annotations.Nullable;

/**
 * A store of KV blocks that both servers use, found by content: LMCache, or any other. Nothing is handed over, and whoever comes
 * may read.
 */
final class SharedStorage implements KvConnector {
    private static final String THRESHOLD = "cache_hit_threshold";

    @Override
    public String name() {
        return "shared-storage";
    }

    @Override
    public Order order() {
        return Order.PREFILL_THEN_DECODE;
    }

    @Override
    public boolean holdsBlocks() {
        return false;
    }

    @Override
    public boolean takes(SplitRequest request) {
        return true;
    }

    @Override
    public boolean triesDecodeFirst(SplitRequest request) {
        return request.places().has(THRESHOLD);
    }

    @Override
    public Handoff begin(SplitRequest request) {
        return new Handoff() {
            @Override
            public Leg prefill() {
                return new Leg(request.primed().set(THRESHOLD, "0").splices());
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                return new Leg(request.original().set(THRESHOLD, "0").splices());
            }
        };
    }
}
