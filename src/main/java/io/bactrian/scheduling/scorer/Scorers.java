package io.bactrian.scheduling.scorer;

import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.Scorer;
import java.util.Map;

/** The scorers a scheduling profile may name, by their {@code type} in the configuration. */
public final class Scorers {
    public static final Map<String, PluginFactory<Scorer>> CATALOG = Map.ofEntries(
            Map.entry("queue-scorer", (parameters, services) -> new QueueScorer()),
            Map.entry("kv-cache-utilization-scorer", (parameters, services) -> new KvCacheUtilizationScorer()),
            Map.entry("running-requests-size-scorer", (parameters, services) -> new RunningRequestsScorer()),
            Map.entry("load-aware-scorer", LoadAwareScorer::create),
            Map.entry("prefix-cache-scorer", PrefixCacheScorer::create),
            Map.entry("token-load-scorer", TokenLoadScorer::create),
            Map.entry("active-request-scorer", ActiveRequestScorer::create),
            Map.entry("no-hit-lru-scorer", NoHitLruScorer::create),
            Map.entry("context-length-aware", ContextLengthAware::create),
            Map.entry("mm-embeddings-cache-scorer", EncoderCacheScorer::create),
            Map.entry("lora-affinity-scorer", (parameters, services) -> new LoraAffinityScorer()),
            Map.entry("endpoint-attribute-scorer", EndpointAttributeScorer::create),
            Map.entry("topology-affinity-scorer", TopologyAffinityScorer::create),
            Map.entry("header-label-affinity-scorer", HeaderLabelAffinityScorer::create));

    private Scorers() {}
}
