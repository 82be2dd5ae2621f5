package io.bactrian.engine.connector;

import org.jspecify.annotations.Nullable;

/**
 * vLLM's NixlConnector, by which the decode server reads the blocks from the prefill server's memory (and LMCache over NIXL).
 *
 * <p>What the prefill server returns is handed on as it came: its members differ between releases of vLLM.
 */
final class NixlV2 implements KvConnector {
    static final String PARAMS = "kv_transfer_params";

    private static final String SKELETON =
            "{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"remote_engine_id\":null,"
                    + "\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null}";

    private final CacheSource cacheSource;

    NixlV2(int p2pPort) {
        this.cacheSource = new CacheSource(p2pPort);
    }

    @Override
    public String name() {
        return "nixlv2";
    }

    @Override
    public Order order() {
        return Order.PREFILL_THEN_DECODE;
    }

    @Override
    public Handoff begin(SplitRequest request) {
        return new Handoff() {
            @Override
            public Leg prefill() {
                return new Leg(request.primed()
                        .set(PARAMS, cacheSource.addTo(SKELETON, request.cacheSource()))
                        .splices());
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                return answer == null || !answer.hasParams()
                        ? Leg.PLAIN
                        : new Leg(request.original()
                                .set(PARAMS, answer.kvTransferParams())
                                .splices());
            }
        };
    }
}
