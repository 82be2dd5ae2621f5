package io.bactrian.engine.connector;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.BodyPlaces;
import io.bactrian.api.Splice;
import io.bactrian.endpoint.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's OffloadingConnector with its peer-to-peer tier: the decode server loads the blocks from the prefill server's host
 * memory, by an id that both are given.
 *
 * <p>One after the other: the decode server gives up after 30 s, which would pass while the prefill server has the request in its
 * queue (llm-d-router #2438).
 */
final class Offloading implements KvConnector {
    private final CacheSource peers;

    Offloading(int p2pPort) {
        this.peers = new CacheSource(p2pPort);
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
    public List<Splice> whole(BodyPlaces places, Endpoint source) {
        return new BodyEdits(places)
                .set(NixlV2.PARAMS, peers.addTo("{}", source))
                .splices();
    }

    @Override
    public Handoff begin(SplitRequest request) {
        String id = TransferId.random().toString();
        return new Handoff() {
            @Override
            public Leg prefill() {
                String params = "{\"remote_decoder\":{\"kv_request_id\":\"" + id + "\"}}";
                return new Leg(request.primed()
                        .set(NixlV2.PARAMS, peers.addTo(params, request.cacheSource()))
                        .splices());
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                String params = "{\"remote_prefiller\":{\"kv_request_id\":\"" + id + "\",\"remote_host\":\""
                        + request.prefillHost() + "\",\"remote_port\":"
                        + peers.portOf(request.prefill()) + "}}";
                return new Leg(request.original().set(NixlV2.PARAMS, params).splices());
            }
        };
    }
}
