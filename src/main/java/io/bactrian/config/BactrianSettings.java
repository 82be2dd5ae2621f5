package io.bactrian.config;

import io.bactrian.component.extproc.ExtProcSettings;
import io.bactrian.component.nettyhttp.DrainSettings;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.component.tls.ServerTls;
import io.bactrian.disaggregation.SidecarSettings;
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
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Everything that is set by {@code bactrian.*} properties.
 *
 * @param role what the process is: {@code gateway}, {@code endpoint-picker} or {@code sidecar}
 * @param http the HTTP door
 * @param extProc the door for Envoy's external processing
 * @param sidecar the sidecar beside a decode engine
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
        SidecarSettings sidecar,
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

    /** The role that stands beside a decode engine and splits requests as headers say. */
    public static final String SIDECAR = "sidecar";

    /** The pool that a sidecar's engine is. */
    public static final String ENGINE_POOL = "engine";

    /** The prefix of every key. */
    public static final String PREFIX = "bactrian";

    private static final List<String> ROLES = List.of(GATEWAY, ENDPOINT_PICKER, SIDECAR);

    /** Every default, and no pool. */
    public static final BactrianSettings DEFAULTS = new BactrianSettings(
            GATEWAY,
            HttpSettings.DEFAULTS,
            ExtProcSettings.DEFAULTS,
            SidecarSettings.DEFAULTS,
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
        if (!ROLES.contains(role)) {
            throw new IllegalArgumentException(
                    "role: " + role + " (expected: one of " + String.join(", ", ROLES) + ")");
        }
        if (!role.equals(GATEWAY)
                && (modelRewrites.trustHeader() || !modelRewrites.file().isEmpty())) {
            throw new IllegalArgumentException(
                    "modelRewrites: given (expected: none in role " + role + ", where the gateway names the model)");
        }
        if (role.equals(SIDECAR)) {
            requireSidecar(sidecar, pools);
        }
    }

    private static void requireSidecar(SidecarSettings sidecar, Map<String, PoolSettings> pools) {
        if (!pools.isEmpty()) {
            throw new IllegalArgumentException("pools: " + pools.keySet()
                    + " (expected: none in role sidecar, which serves the engine beside it)");
        }
        if (sidecar.enableSsrfProtection()
                && sidecar.allowedTargets().isEmpty()
                && sidecar.allowedTargetsFile().isEmpty()) {
            throw new IllegalArgumentException(
                    "sidecar.allowed-targets: none (expected: the model servers that headers may"
                            + " name, each as host:port, or bactrian.sidecar.allowed-targets-file; or"
                            + " bactrian.sidecar.enable-ssrf-protection=false, if headers may name anybody)");
        }
    }

    /** Tells whether the process stands beside a decode engine. */
    public boolean isSidecar() {
        return role.equals(SIDECAR);
    }

    /** Returns how the HTTP port is encrypted; as {@code bactrian.http.tls}, never empty. */
    public String doorTls() {
        if (!http.tls().isEmpty()) {
            return http.tls();
        }
        return isSidecar() ? ServerTls.SELF_SIGNED : ServerTls.OFF;
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

    /** Returns how each pool splits prefill and decode, by its name; beside a proxy that is left to sidecars. */
    public Map<String, SplitSettings> splits() {
        if (isSidecar()) {
            return Map.of(ENGINE_POOL, sidecar.split());
        }
        return pools.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> {
            SplitSettings split = entry.getValue().split();
            return isEndpointPicker() ? split.bySidecar() : split;
        }));
    }

    /** Returns these settings with free ports in place of port 0. */
    public BactrianSettings withFreePorts() {
        return new BactrianSettings(
                role,
                http.withPort(http.port() == 0 ? FreePort.find(http.host(), doors()) : http.port()),
                extProc.withPorts(free(extProc.port(), extProc.host()), free(extProc.healthPort(), extProc.host())),
                sidecar,
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

    /** Returns how many ports requests come to, one after the other from {@code bactrian.http.port} on. */
    public int doors() {
        return isSidecar() ? sidecar.dataParallelSize() : 1;
    }

    private static int free(int port, String host) {
        return port == 0 ? FreePort.find(host) : port;
    }
}
