package io.bactrian.config;

/** What a plug-in of llm-d may need that this build does not have. */
enum Capability {
    FLOW_CONTROL("flow control with queues"),
    PRECISE_PREFIX_CACHE("precise prefix cache by KV events"),
    BURST_CO_LOCATION("co-location of bursts"),
    LATENCY_PREDICTION("latency prediction"),
    MULTICLUSTER("multi-cluster routing"),
    KUBERNETES("Kubernetes discovery"),
    OTHER_APIS("APIs over gRPC"),
    REQUEST_ATTRIBUTES("request attributes by CEL expressions"),
    CROSS_REPLICA_STATE("state shared between replicas");

    private final String text;

    Capability(String text) {
        this.text = text;
    }

    /** Returns what it is called in messages. */
    String text() {
        return text;
    }
}
