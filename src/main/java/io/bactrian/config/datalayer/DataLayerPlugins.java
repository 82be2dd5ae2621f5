package io.bactrian.config.datalayer;

import io.bactrian.engine.CoreMetricsExtractor;
import io.bactrian.engine.DcgmExtractor;
import io.bactrian.engine.Extractor;
import io.bactrian.engine.ModelsExtractor;
import io.bactrian.relay.TlsSettings;
import io.bactrian.scheduling.PluginParameters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The sources, extractors and discoveries a scheduling file may name, by their {@code type}. */
public final class DataLayerPlugins {

    /** Stands for what llm-d tells plug-ins of endpoints that come and go; ours hear of that anyway. */
    public record EndpointNotifications() {}

    private static final int DCGM_PORT = 9400;
    private static final int MAX_PORT = 65_535;

    /** llm-d's floor for the time between two readings. */
    private static final Duration MIN_INTERVAL = Duration.ofMillis(50);

    public static final Map<String, Function<PluginParameters, Object>> CATALOG = Map.of(
            PageSource.METRICS,
            DataLayerPlugins::metricsSource,
            "models-data-source",
            DataLayerPlugins::modelsSource,
            "dcgm-data-source",
            DataLayerPlugins::dcgmSource,
            "endpoint-notification-source",
            parameters -> new EndpointNotifications(),
            CoreMetricsExtractor.TYPE,
            parameters -> new CoreMetricsExtractor(EngineConfig.read(parameters)),
            ModelsExtractor.TYPE,
            parameters -> new ModelsExtractor(),
            DcgmExtractor.TYPE,
            parameters -> new DcgmExtractor(parameters.pluginName()),
            "file-discovery",
            DataLayerPlugins::fileDiscovery);

    private DataLayerPlugins() {}

    private static PageSource metricsSource(PluginParameters parameters) {
        return new PageSource(
                PageSource.METRICS,
                Extractor.Format.METRICS,
                path(parameters, ""),
                port(parameters, 0),
                false,
                interval(parameters),
                tls(parameters));
    }

    private static PageSource modelsSource(PluginParameters parameters) {
        return new PageSource(
                "models-data-source",
                Extractor.Format.MODELS,
                path(parameters, "/v1/models"),
                0,
                false,
                interval(parameters),
                tls(parameters));
    }

    private static PageSource dcgmSource(PluginParameters parameters) {
        return new PageSource(
                "dcgm-data-source",
                Extractor.Format.METRICS,
                path(parameters, "/metrics"),
                port(parameters, DCGM_PORT),
                parameters.flag("useNodeAddress", false),
                interval(parameters),
                tls(parameters));
    }

    private static FileDiscovery fileDiscovery(PluginParameters parameters) {
        return new FileDiscovery(parameters.requiredText("path"), parameters.flag("watchFile", false));
    }

    private static String path(PluginParameters parameters, String absent) {
        String path = parameters.text("path", absent);
        if (!path.isEmpty() && !path.startsWith("/")) {
            throw parameters.wrong("path", path, "to start with /");
        }
        return path;
    }

    /** llm-d writes ports as strings; numbers are as good. */
    private static int port(PluginParameters parameters, int absent) {
        Object given = parameters.any("port");
        if (given == null || given.equals("")) {
            return absent;
        }
        String text = String.valueOf(given);
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MAX_PORT) {
            throw parameters.wrong("port", given, "a port from 1 to " + MAX_PORT);
        }
        return Integer.parseInt(text);
    }

    private static Duration interval(PluginParameters parameters) {
        Object given = parameters.any("interval");
        if (given == null || given.equals("") || given.equals("0s") || given.equals("0")) {
            return Duration.ZERO;
        }
        Duration interval = parameters.duration("interval", Duration.ZERO);
        return interval.compareTo(MIN_INTERVAL) < 0 ? MIN_INTERVAL : interval;
    }

    /** As in llm-d, certificates are not verified unless that is asked for: model servers rarely have one of their own. */
    private static @Nullable TlsSettings tls(PluginParameters parameters) {
        String scheme = parameters.choice("scheme", "http", List.of("http", "https"));
        boolean verify = !parameters.flag("insecureSkipVerify", true);
        String ca = parameters.text("caCertPath", "");
        String cert = parameters.text("clientCertPath", "");
        String key = parameters.text("clientKeyPath", "");
        if (cert.isEmpty() != key.isEmpty()) {
            throw parameters.wrong(
                    cert.isEmpty() ? "clientCertPath" : "clientKeyPath", "missing", "both, or none of the two");
        }
        return scheme.equals("https") ? new TlsSettings(verify, ca, cert, key) : null;
    }
}
