package io.bactrian.engine.connector;

import org.jspecify.annotations.Nullable;

/**
 * vLLM's OffloadingConnector with its peer-to-peer tier: the decode server loads the blocks from the prefill server's host
 * memory, by an id that both are given.
 *
 * <p>One after the other: the decode server gives up after 30 s, which would pass while the prefill server has the request in its
 * queue (llm-d-router #2438).
 */
final class Offloading implements KvConnector {
    /** Of an endpoint whose peer-to-peer port is not that of the others. */
    private static final String PORT_LABEL = "bactrian.io/p2p-port";

    private final int port;

    Offloading(int port) {
        this.port = port;
    }

    @Override
    public String name() {
        return "offloading";
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
    public Handoff begin(SplitRequest request) {
        String id = TransferId.random().toString();
        return new Handoff() {
            @Override
            public Leg prefill() {
                String params = "{\"remote_decoder\":{\"kv_request_id\":\"" + id + "\"}}";
                return new Leg(request.primed()
                        .set(NixlV2.PARAMS, CacheSource.addTo(params, request.cacheSource()))
                        .splices());
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                String params = "{\"remote_prefiller\":{\"kv_request_id\":\"" + id + "\",\"remote_host\":\""
                        + request.prefillHost() + "\",\"remote_port\":"
                        + request.prefillPort(PORT_LABEL, port) + "}}";
                return new Leg(request.original().set(NixlV2.PARAMS, params).splices());
            }
        };
    }
}
