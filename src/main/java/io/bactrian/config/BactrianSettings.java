package io.bactrian.config;

import io.bactrian.component.nettyhttp.DrainSettings;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.discovery.ModelRewriteSettings;
import io.bactrian.discovery.ObjectiveSettings;
import io.bactrian.discovery.PoolSettings;
import io.bactrian.endpoint.BreakerSettings;
import io.bactrian.endpoint.RetrySettings;
import io.bactrian.relay.HealthSettings;
import io.bactrian.relay.ScrapeSettings;
import io.bactrian.relay.UpstreamSettings;
import io.bactrian.scheduling.explain.DecisionSettings;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Everything that is set by {@code bactrian.*} properties.
 *
 * @param http the HTTP door
 * @param upstream connections to model servers
 * @param metrics metric pages of model servers
 * @param health checks whether model servers are alive
 * @param retry further attempts
 * @param breaker endpoints that fail
 * @param drain the stop
 * @param routes where routes come from
 * @param passthrough what is let through unread
 * @param objectives what requests may be promised
 * @param modelRewrites which models serve requests for others
 * @param decisions what is kept of decisions
 * @param accessLog the log with one line for each request
 * @param tracing traces of requests
 * @param pools the pools, by name
 */
public record BactrianSettings(
        HttpSettings http,
        UpstreamSettings upstream,
        ScrapeSettings metrics,
        HealthSettings health,
        RetrySettings retry,
        BreakerSettings breaker,
        DrainSettings drain,
        RouteSettings routes,
        PassthroughSettings passthrough,
        ObjectiveSettings objectives,
        ModelRewriteSettings modelRewrites,
        DecisionSettings decisions,
        AccessLogSettings accessLog,
        TracingSettings tracing,
        Map<String, PoolSettings> pools) {

    /** The prefix of every key. */
    public static final String PREFIX = "bactrian";

    /** Every default, and no pool. */
    public static final BactrianSettings DEFAULTS = new BactrianSettings(
            HttpSettings.DEFAULTS,
            UpstreamSettings.DEFAULTS,
            ScrapeSettings.DEFAULTS,
            HealthSettings.DEFAULTS,
            RetrySettings.DEFAULTS,
            BreakerSettings.DEFAULTS,
            DrainSettings.DEFAULTS,
            RouteSettings.DEFAULTS,
            PassthroughSettings.DEFAULTS,
            ObjectiveSettings.DEFAULTS,
            ModelRewriteSettings.DEFAULTS,
            DecisionSettings.DEFAULTS,
            AccessLogSettings.DEFAULTS,
            TracingSettings.DEFAULTS,
            Map.of());

    /** Reads {@code given} and what {@code environment} sets instead; throws {@link ConfigurationException}. */
    public static BactrianSettings read(Map<String, String> given, Map<String, String> environment) {
        return new SettingsReader(given, environment).read(BactrianSettings.class, PREFIX, DEFAULTS);
    }

    /** Returns the models that pools serve, by name. */
    public SortedSet<String> models() {
        return pools.values().stream()
                .flatMap(pool -> pool.models().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns these settings with a free port in place of port 0. */
    public BactrianSettings withFreePort() {
        if (http.port() != 0) {
            return this;
        }
        return new BactrianSettings(
                http.withPort(FreePort.find(http.host())),
                upstream,
                metrics,
                health,
                retry,
                breaker,
                drain,
                routes,
                passthrough,
                objectives,
                modelRewrites,
                decisions,
                accessLog,
                tracing,
                pools);
    }
}
