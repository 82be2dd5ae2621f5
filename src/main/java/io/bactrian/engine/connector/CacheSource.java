package io.bactrian.engine.connector;

import io.bactrian.endpoint.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * Whose cached blocks whoever computes a prompt loads, peer to peer: a parameter of vLLM's OffloadingConnector, which an engine may have
 * beside another connector.
 *
 * @param port where the first data-parallel rank of a server hands blocks to its peers; that of each other follows
 */
record CacheSource(int port) {
    /** Of an endpoint whose peer-to-peer port is not that of the others. */
    private static final String PORT_LABEL = "bactrian.io/p2p-port";

    /** Returns the port where {@code endpoint} hands blocks to its peers. */
    int portOf(Endpoint endpoint) {
        return SplitRequest.port(endpoint, PORT_LABEL, port) + SplitRequest.port(endpoint, Endpoint.RANK, 0);
    }

    /** Returns {@code params}, a JSON object, with {@code source} if there is one. */
    String addTo(String params, @Nullable Endpoint source) {
        if (source == null) {
            return params;
        }
        String others = params.substring(0, params.length() - 1);
        return others + (others.length() > 1 ? "," : "") + "\"remote_kv_source\":{\"kv_request_id\":\""
                + TransferId.random() + "\",\"remote_host\":\"" + SplitRequest.host(source) + "\",\"remote_port\":"
                + portOf(source) + "}}";
    }
}
