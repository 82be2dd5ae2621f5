package io.bactrian.engine.connector;

import io.bactrian.endpoint.Endpoint;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** vLLM's MooncakeConnector: the legs meet by a transfer id, at the engine whose id the prefill server's bootstrap port tells. */
public final class Mooncake implements KvConnector {
    /** Of an endpoint whose bootstrap port is not that of the others. */
    private static final String PORT_LABEL = "bactrian.io/mooncake-bootstrap-port";

    private final int bootstrapPort;

    Mooncake(int bootstrapPort) {
        this.bootstrapPort = bootstrapPort;
    }

    /** Returns the port where {@code prefill} tells the ids of its engines. */
    public int bootstrapPort(Endpoint prefill) {
        return SplitRequest.port(prefill, PORT_LABEL, bootstrapPort);
    }

    @Override
    public String name() {
        return "mooncake";
    }

    @Override
    public Order order() {
        return Order.TOGETHER;
    }

    @Override
    public boolean servesAnyDecode() {
        return false;
    }

    @Override
    public Handoff begin(SplitRequest request) {
        String transfer = "xfer-" + TransferId.random();
        int colon = request.engineId().indexOf(' ');
        String rank = colon < 0 ? "0" : request.engineId().substring(0, colon);
        String engine = request.engineId().substring(colon + 1);
        return new Handoff() {
            @Override
            public Leg prefill() {
                String params =
                        "{\"do_remote_prefill\":false,\"do_remote_decode\":true,\"transfer_id\":\"" + transfer + "\"}";
                return new Leg(
                        request.primed().set(NixlV2.PARAMS, params).splices(), Map.of("x-data-parallel-rank", rank));
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                String params = "{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"transfer_id\":\"" + transfer
                        + "\",\"remote_bootstrap_addr\":\"http://" + request.prefillHost() + ":"
                        + bootstrapPort(request.prefill())
                        + "\",\"remote_engine_id\":\"" + engine + "\"}";
                return new Leg(request.original().set(NixlV2.PARAMS, params).splices());
            }
        };
    }
}
