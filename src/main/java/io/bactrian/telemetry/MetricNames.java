package io.bactrian.telemetry;

/**
 * The metrics the router shows. Those that llm-d's endpoint picker has too are called, labelled and bucketed alike, so that its
 * dashboards work; docs/telemetry.md lists them. Names of counters are shown with {@code _total} at their end.
 */
final class MetricNames {
    private static final String PREFIX = "llm_d_epp_";

    static final String REQUESTS = PREFIX + "request";
    static final String REQUEST_ERRORS = PREFIX + "request_error";
    static final String REQUEST_RUNNING = PREFIX + "request_running";
    static final String REQUEST_DURATION = PREFIX + "request_duration_seconds";
    static final String REQUEST_TTFT = PREFIX + "request_ttft_seconds";
    static final String REQUEST_NTPOT = PREFIX + "request_ntpot_seconds";
    static final String STREAMING_TPOT = PREFIX + "request_streaming_tpot_seconds";
    static final String STREAMING_ITL = PREFIX + "request_streaming_itl_seconds";
    static final String REQUEST_BYTES = PREFIX + "request_size_bytes";
    static final String RESPONSE_BYTES = PREFIX + "response_size_bytes";
    static final String INPUT_TOKENS = PREFIX + "request_input_tokens";
    static final String OUTPUT_TOKENS = PREFIX + "request_output_tokens";
    static final String CACHED_TOKENS = PREFIX + "request_cached_tokens";
    static final String REQUEST_PROCESSING = PREFIX + "request_processing_duration_seconds";
    static final String RESPONSE_PROCESSING = PREFIX + "response_processing_duration_seconds";

    static final String AVERAGE_KV_CACHE = PREFIX + "average_kv_cache_utilization";
    static final String AVERAGE_QUEUE = PREFIX + "average_queue_size";
    static final String AVERAGE_RUNNING = PREFIX + "average_running_requests";
    static final String STD_DEV_KV_CACHE = PREFIX + "std_dev_kv_cache_utilization";
    static final String STD_DEV_QUEUE = PREFIX + "std_dev_queue_size";
    static final String STD_DEV_RUNNING = PREFIX + "std_dev_running_requests";
    static final String READY_ENDPOINTS = PREFIX + "ready_endpoints";
    static final String ENDPOINT_QUEUE = PREFIX + "per_endpoint_queue_size";

    static final String MODEL_REWRITES = PREFIX + "model_rewrite_decisions";

    static final String SCHEDULER_ATTEMPTS = PREFIX + "scheduler_attempts";
    static final String SCHEDULER_DURATION = PREFIX + "scheduler_e2e_duration_seconds";
    static final String PLUGIN_DURATION = PREFIX + "plugin_duration_seconds";
    static final String PREFIX_INDEX_SIZE = PREFIX + "prefix_indexer_size";
    static final String PREFIX_HIT_RATIO = PREFIX + "prefix_indexer_hit_ratio";
    static final String PREFIX_HIT_BYTES = PREFIX + "prefix_indexer_hit_bytes";
    static final String DISAGGREGATION_DECISIONS = PREFIX + "disagg_decision";

    /** What the one above was called before encoding could be split off too. */
    static final String PD_DECISIONS = PREFIX + "pd_decision";

    static final String POLL_ERRORS = PREFIX + "datalayer_poll_errors";
    static final String EXTRACT_ERRORS = PREFIX + "datalayer_extract_errors";
    static final String POOL_SATURATION = PREFIX + "flow_control_pool_saturation";
    static final String STALE_ENDPOINTS = PREFIX + "flow_control_stale_endpoints";
    static final String INFLIGHT_REQUESTS = PREFIX + "inflight_requests";
    static final String INFLIGHT_TOKENS = PREFIX + "inflight_tokens";

    /** Shown with {@code _info} at its end. */
    static final String BUILD = "llm_d_epp";

    static final String PRODUCER_FAILURES = "bactrian_data_producer_failures";
    static final String RELOADS = "bactrian_configuration_reloads";
    static final String CERTIFICATE_RELOADS = "bactrian_certificate_reloads";
    static final String PREFIX_TOKENS = "bactrian_prefix_tokens";
    static final String PREFIX_DROPPED = "bactrian_prefix_blocks_dropped";
    static final String FILTER_IGNORED = "bactrian_filter_ignored";
    static final String REQUESTS_UNDER_WAY = "bactrian_requests_under_way";
    static final String HELD_BYTES = "bactrian_request_body_held_bytes";
    static final String CLIENT_CONNECTIONS = "bactrian_client_connections";
    static final String UPSTREAM_ATTEMPTS = "bactrian_upstream_attempts";

    static final String SPLIT_REQUESTS = "bactrian_pd_requests";
    static final String SPLIT_PREFILL = "bactrian_pd_prefill_duration_seconds";
    static final String SPLIT_ENCODE = "bactrian_pd_encode_duration_seconds";
    static final String SPLIT_ENCODED = "bactrian_pd_encoded_items";
    static final String SPLIT_HANDOFF = "bactrian_pd_handoff_duration_seconds";
    static final String SPLIT_TTFT = "bactrian_pd_ttft_seconds";
    static final String SPLIT_RETRIES = "bactrian_pd_prefill_retries";
    static final String SPLIT_FALLBACKS = "bactrian_pd_fallback";
    static final String SPLIT_TRIALS = "bactrian_pd_trials";
    static final String SPLIT_LEGS = "bactrian_pd_inflight";
    static final String SPLIT_STRANDED = "bactrian_pd_stranded_kv";

    private MetricNames() {}
}
