package io.bactrian.telemetry;

/**
 * The meters the router shows. Those that llm-d's endpoint picker has too are called and bucketed alike, so that its
 * dashboards work; the Prometheus registry adds a counter's {@code _total} and a timer's {@code _seconds}.
 */
final class MetricNames {
    private static final String PREFIX = "llm_d_epp_";

    static final String REQUESTS = PREFIX + "request";
    static final String REQUEST_ERRORS = PREFIX + "request_error";
    static final String REQUEST_DURATION = PREFIX + "request_duration";
    static final String REQUEST_TTFT = PREFIX + "request_ttft";
    static final String REQUEST_BYTES = PREFIX + "request_size_bytes";
    static final String INPUT_TOKENS = PREFIX + "request_input_tokens";
    static final String OUTPUT_TOKENS = PREFIX + "request_output_tokens";
    static final String CACHED_TOKENS = PREFIX + "request_cached_tokens";
    static final String INFO = PREFIX + "info";
    static final String READY_ENDPOINTS = PREFIX + "ready_endpoints";

    static final String SCHEDULER_ATTEMPTS = PREFIX + "scheduler_attempts";

    static final String PRODUCER_FAILURES = "bactrian_data_producer_failures";
    static final String RELOADS = "bactrian_configuration_reloads";
    static final String FILTER_IGNORED = "bactrian_filter_ignored";
    static final String REQUESTS_UNDER_WAY = "bactrian_requests_under_way";
    static final String HELD_BYTES = "bactrian_request_body_held_bytes";
    static final String CLIENT_CONNECTIONS = "bactrian_client_connections";
    static final String UPSTREAM_ATTEMPTS = "bactrian_upstream_attempts";

    private MetricNames() {}
}
