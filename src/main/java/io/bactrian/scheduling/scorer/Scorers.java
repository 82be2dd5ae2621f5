package io.bactrian.scheduling.scorer;

import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.Scorer;
import java.util.Map;

/** The scorers a scheduling profile may name, by their {@code type} in the configuration. */
public final class Scorers {
    public static final Map<String, PluginFactory<Scorer>> CATALOG = Map.of(
            "queue-scorer", (parameters, services) -> new QueueScorer(),
            "kv-cache-utilization-scorer", (parameters, services) -> new KvCacheUtilizationScorer(),
            "prefix-cache-scorer", PrefixCacheScorer::create);

    private Scorers() {}
}
