package io.bactrian.exchange;

import java.util.List;

/** Headers that tell an llm-d router or sidecar where to send a request; nobody outside may. */
public final class RoutingHeaders {
    /** Their names, lower case. */
    public static final List<String> NAMES = List.of(
            "x-prefiller-host-port",
            "x-encoder-hosts-ports",
            "x-data-parallel-host-port",
            "x-data-parallel-rank",
            "x-kv-cache-source-host-port",
            "x-gateway-destination-endpoint",
            "x-gateway-destination-endpoint-subset",
            "x-gateway-destination-endpoint-served",
            "x-gateway-model-name-rewrite",
            "x-llm-d-model-name-rewrite",
            "x-llm-d-request-dropped-reason",
            "epp-profile",
            "test-epp-endpoint-selection");

    private RoutingHeaders() {}
}
