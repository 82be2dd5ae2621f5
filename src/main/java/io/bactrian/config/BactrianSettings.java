package io.bactrian.config;

import io.bactrian.component.extproc.ExtProcSettings;
import io.bactrian.component.nettyhttp.DrainSettings;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.disaggregation.SplitSettings;
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
 * @param role what the process is: {@code gateway} or {@code endpoint-picker}
 * @param http the HTTP door
 * @param extProc the door for Envoy's external processing
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
        String role,
        HttpSettings http,
        ExtProcSettings extProc,
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

    /** The role that takes requests over HTTP and sends them on. */
    public static final String GATEWAY = "gateway";

    /** The role that tells proxies where to send requests. */
    public static final String ENDPOINT_PICKER = "endpoint-picker";

    /** The prefix of every key. */
    public static final String PREFIX = "bactrian";

    /** Every default, and no pool. */
    public static final BactrianSettings DEFAULTS = new BactrianSettings(
            GATEWAY,
            HttpSettings.DEFAULTS,
            ExtProcSettings.DEFAULTS,
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

    public BactrianSettings {
        if (!role.equals(GATEWAY) && !role.equals(ENDPOINT_PICKER)) {
            throw new IllegalArgumentException("role: " + role + " (expected: gateway or endpoint-picker)");
        }
        if (role.equals(ENDPOINT_PICKER)
                && (modelRewrites.trustHeader() || !modelRewrites.file().isEmpty())) {
            throw new IllegalArgumentException(
                    "modelRewrites: given (expected: none in role endpoint-picker, where a proxy sends the body)");
        }
    }

    /** Tells whether the process tells proxies where to send requests. */
    public boolean isEndpointPicker() {
        return role.equals(ENDPOINT_PICKER);
    }

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

    /** Returns how each pool splits prefill and decode, by its name. */
    public Map<String, SplitSettings> splits() {
        return pools.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue()
                .split()));
    }

    /** Returns these settings with free ports in place of port 0. */
    public BactrianSettings withFreePorts() {
        return new BactrianSettings(
                role,
                http.withPort(free(http.port(), http.host())),
                extProc.withPorts(free(extProc.port(), extProc.host()), free(extProc.healthPort(), extProc.host())),
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

    private static int free(int port, String host) {
        return port == 0 ? FreePort.find(host) : port;
    }
}
