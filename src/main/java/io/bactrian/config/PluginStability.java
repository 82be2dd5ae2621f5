package io.bactrian.config;

import java.util.Map;
import java.util.Set;

/** How settled llm-d takes its types of plug-ins to be. What is not here is Beta; none is Stable. */
final class PluginStability {

    /** Types that only run where experimental plug-ins are allowed. */
    static final Set<String> ALPHA = Set.of(
            "agent-identity",
            "multicluster-approx-prefix-cache-producer",
            "burst-prefix-cache-producer",
            "p2p-source-producer",
            "header-profile-handler",
            "session-affinity-filter",
            "multicluster-session-affinity-filter",
            "endpoint-attribute-filter",
            "topology-affinity-filter",
            "utilization-filter",
            "session-affinity-scorer",
            "header-label-affinity-scorer",
            "topology-affinity-scorer",
            "endpoint-attribute-scorer",
            "multicluster-queue-scorer",
            "multicluster-kv-cache-utilization-scorer",
            "multicluster-prefix-cache-scorer",
            "priority-holdback-policy",
            "soft-reflective-ceiling-policy",
            "sheddable-eviction-filter",
            "priority-then-time-eviction-order-policy",
            "multicluster-metrics-data-source",
            "dcgm-data-source",
            "multicluster-metrics-extractor",
            "dcgm-extractor",
            "topology-extractor",
            "multicluster-file-discovery",
            "disaggregatedset-rollout-screener");

    /** By deprecated type, the type that takes its place. */
    static final Map<String, String> DEPRECATED = Map.of(
            "by-label-selector", "label-selector-filter",
            "by-label", "label-selector-filter",
            "tokenizer", "token-producer",
            "precise-prefix-cache-scorer", "prefix-cache-scorer",
            "pd-profile-handler", "disagg-profile-handler",
            "disagg-headers-handler", "disagg-profile-handler",
            "prefill-header-handler", "disagg-profile-handler",
            "data-parallel-profile-handler", "a pool with several ports");

    private PluginStability() {}
}
