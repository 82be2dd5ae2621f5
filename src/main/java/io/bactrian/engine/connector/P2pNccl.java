package io.bactrian.engine.connector;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's P2pNcclConnector: both servers find each other in the request's id, which is the same on both legs. Where their
 * transfer sockets listen is in the endpoint label {@value #ADDRESS_LABEL}, as {@code host:port}.
 */
final class P2pNccl implements KvConnector {
    static final String ADDRESS_LABEL = "bactrian.io/zmq-address";

    @Override
    public String name() {
        return "p2p-nccl";
    }

    @Override
    public Order order() {
        return Order.PREFILL_THEN_DECODE;
    }

    @Override
    public boolean servesAnyDecode() {
        return false;
    }

    @Override
    public boolean takes(SplitRequest request) {
        return KvConnector.super.takes(request)
                && request.prefill().labels().containsKey(ADDRESS_LABEL)
                && request.decode().labels().containsKey(ADDRESS_LABEL);
    }

    @Override
    public Handoff begin(SplitRequest request) {
        String id = "___prefill_addr_"
                + Objects.requireNonNull(request.prefill().labels().get(ADDRESS_LABEL))
                + "___decode_addr_"
                + Objects.requireNonNull(request.decode().labels().get(ADDRESS_LABEL)) + "_"
                + TransferId.random().toString().replace("-", "");
        Map<String, String> headers = Map.of("x-request-id", id);
        return new Handoff() {
            @Override
            public Leg prefill() {
                return new Leg(request.primed().splices(), headers);
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                return new Leg(java.util.List.of(), headers);
            }
        };
    }
}
