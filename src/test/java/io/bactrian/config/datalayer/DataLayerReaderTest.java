package io.bactrian.config.datalayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.bactrian.engine.CoreMetricsExtractor;
import io.bactrian.engine.DcgmExtractor;
import io.bactrian.engine.EngineMappings;
import io.bactrian.engine.Extractor;
import io.bactrian.engine.MetricMapping;
import io.bactrian.engine.MetricSpec;
import io.bactrian.engine.ModelsExtractor;
import io.bactrian.relay.TlsSettings;
import io.bactrian.request.DataKey;
import io.bactrian.scheduling.PluginParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sections 9.2, 9.3, 10.1 and 10.2 of llm-d's scheduling. */
class DataLayerReaderTest {
    private static final CoreMetricsExtractor CORE = new CoreMetricsExtractor(EngineMappings.DEFAULT);

    @Test
    void withoutAnythingTheMetricPageIsRead() {
        assertThat(read("", "").sources()).containsExactly(new DataSource(PageSource.DEFAULT_METRICS, List.of(CORE)));
        assertThat(read("", "injectDefaults: false").sources()).isEmpty();
    }

    @Test
    void aRenamedMetricsSourceIsNotJoinedByAnother() {
        DataLayer read = read(
                "- {name: m, type: metrics-data-source}\n- {name: e, type: core-metrics-extractor}",
                "sources: [{pluginRef: m, extractors: [{pluginRef: e}]}]");

        assertThat(read.sources()).containsExactly(new DataSource(PageSource.DEFAULT_METRICS, List.of(CORE)));
    }

    @Test
    void theInjectedSourceIsTheConfiguredOne() {
        DataLayer read = read("""
                - type: metrics-data-source
                  parameters: {path: /stats, port: "9000", interval: 10ms}
                - type: core-metrics-extractor
                  parameters: {defaultEngine: sglang}
                """, "");

        assertThat(read.sources())
                .containsExactly(new DataSource(
                        new PageSource(
                                "metrics-data-source",
                                Extractor.Format.METRICS,
                                "/stats",
                                9000,
                                false,
                                Duration.ofMillis(50),
                                null),
                        List.of(new CoreMetricsExtractor(
                                new EngineMappings("llm-d.ai/engine-type", "sglang", EngineMappings.BUILT_IN)))));
    }

    @Test
    void everyParameterOfEverySourceIsRead() {
        DataLayer read = read("""
                - type: models-data-source
                  parameters: {scheme: https, path: /models, insecureSkipVerify: false, caCertPath: ca, clientCertPath: c,
                    clientKeyPath: k, interval: 30s}
                - {type: models-data-extractor}
                - type: dcgm-data-source
                  parameters: {scheme: http, port: 9401, path: /gpu, insecureSkipVerify: true, useNodeAddress: true, interval: 2s}
                - {name: gpu, type: dcgm-extractor}
                - {type: endpoint-notification-source}
                - {type: topology-extractor}
                - {name: disc, type: file-discovery, parameters: {path: /e.yaml, watchFile: true}}
                """, """
                injectDefaults: false
                discovery: {pluginRef: disc}
                sources:
                - {pluginRef: models-data-source, extractors: [{pluginRef: models-data-extractor}]}
                - {pluginRef: dcgm-data-source, extractors: [{pluginRef: gpu}]}
                - {pluginRef: endpoint-notification-source, extractors: [{pluginRef: topology-extractor}]}
                """);

        assertThat(read)
                .isEqualTo(new DataLayer(
                        List.of(
                                new DataSource(
                                        new PageSource(
                                                "models-data-source",
                                                Extractor.Format.MODELS,
                                                "/models",
                                                0,
                                                false,
                                                Duration.ofSeconds(30),
                                                new TlsSettings(true, "ca", "c", "k")),
                                        List.of(new ModelsExtractor())),
                                new DataSource(
                                        new PageSource(
                                                "dcgm-data-source",
                                                Extractor.Format.METRICS,
                                                "/gpu",
                                                9401,
                                                true,
                                                Duration.ofSeconds(2),
                                                null),
                                        List.of(new DcgmExtractor("gpu")))),
                        new FileDiscovery("/e.yaml", true)));
    }

    @Test
    void thePortOfDcgmIsNotThatOfTheEndpoint() {
        DataLayer read = read(
                "- {type: dcgm-data-source}\n- {type: dcgm-extractor}",
                "injectDefaults: false\nsources: [{pluginRef: dcgm-data-source, extractors: [{pluginRef: dcgm-extractor}]}]");

        assertThat(read.sources().get(0).page().port()).isEqualTo(9400);
    }

    @Test
    void everyKeyOfAnEngineIsRead() {
        Map<String, MetricMapping> mappings = new LinkedHashMap<>(EngineMappings.BUILT_IN);
        mappings.put(
                "mine",
                new MetricMapping(
                        new MetricMapping.Load(spec("q{a=b}"), spec("r"), spec("k")),
                        new MetricMapping.Cache(spec("i"), "size", "num", spec("bs"), spec("nb")),
                        spec("l"),
                        Map.of(new DataKey<>("power", "own"), spec("p"))));
        assertThat(EngineConfig.read(new PluginParameters("own", "p", parameters("""
                engineLabelKey: engine
                defaultEngine: mine
                engineConfigs:
                - name: mine
                  queuedRequestsSpec: q{a=b}
                  runningRequestsSpec: r
                  kvUsageSpec: k
                  loraSpec: l
                  cacheInfoSpec: i
                  cacheBlockSizeLabelName: size
                  cacheNumBlocksLabelName: num
                  cacheBlockSizeSpec: bs
                  cacheNumBlocksSpec: nb
                  customMetrics: [{attributeKey: power, metricSpec: p}]
                """))))
                .isEqualTo(new EngineMappings("engine", "mine", mappings));
    }

    private static MetricSpec spec(String text) {
        return MetricSpec.parse(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            defaultEngine: x                          | p.defaultEngine: x (expected: one of [vllm, sglang, trtllm-serve, triton-tensorrt-llm, triton])
            engineConfigs: [{}]                       | p.engineConfigs[0].name: missing (expected: a string)
            engineConfigs: [{name: default}]          | p.engineConfigs[0].name: default (expected: another name, as this one is reserved)
            engineConfigs: [{name: a}, {name: a}]     | p.engineConfigs[1].name: a (expected: a name of its own)
            engineConfigs: [{name: a, kvUsageSpec: 7b}] | p.engineConfigs[0].kvUsageSpec: 7b (expected: a metric, such as name or name{label=value})
            engineConfigs: [{name: a, kvUsageSpec: "k{x}"}] | p.engineConfigs[0].kvUsageSpec: k{x} (expected: label=value in place of x)
            engineConfigs: [{name: a, customMetrics: [{attributeKey: b}]}] | p.engineConfigs[0].customMetrics[0].metricSpec: missing (expected: a metric, such as name or name{label=value})
            """)
    void whatIsWrongWithAnEngineIsNamed(String parameters, String message) {
        assertThatThrownBy(() -> EngineConfig.read(new PluginParameters("n", "p", parameters(parameters))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sources: [{}]                          | dataLayer.sources[0].pluginRef: missing (expected: a string)
            sources: [{pluginRef: x}]              | dataLayer.sources[0].pluginRef: x (expected: one of [queue-scorer, metrics-data-source, models-data-extractor])
            sources: [{pluginRef: queue-scorer}]   | dataLayer.sources[0].pluginRef: queue-scorer (expected: a data source)
            sources: [{pluginRef: metrics-data-source, extractors: [{pluginRef: models-data-extractor}]}] | dataLayer.sources[0].extractors[0].pluginRef: models-data-extractor (expected: an extractor that reads pages of metrics-data-source)
            sources: [{pluginRef: metrics-data-source, extractors: [{pluginRef: queue-scorer}]}] | dataLayer.sources[0].extractors[0].pluginRef: queue-scorer (expected: an extractor that reads pages of metrics-data-source)
            discovery: {pluginRef: queue-scorer}   | dataLayer.discovery.pluginRef: queue-scorer (expected: a discovery)
            """)
    void whatIsWrongWithTheLayerIsNamed(String layer, String message) {
        assertThatThrownBy(() ->
                        read("- {type: metrics-data-source}\n- {type: models-data-extractor}", layer, "queue-scorer"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            metrics-data-source | scheme: ftp        | scheme: ftp (expected: one of [http, https])
            metrics-data-source | path: metrics      | path: metrics (expected: to start with /)
            metrics-data-source | port: 70000        | port: 70000 (expected: a port from 1 to 65535)
            metrics-data-source | interval: soon     | interval: soon (expected: a duration above 0, such as 200ms, 30s or 1m30s)
            metrics-data-source | clientKeyPath: k   | clientCertPath: missing (expected: both, or none of the two)
            file-discovery      | watchFile: true    | path: missing (expected: a string)
            """)
    void whatIsWrongWithASourceIsNamed(String type, String parameters, String message) {
        assertThatThrownBy(() -> new DataLayerReader().add(type, new PluginParameters("n", "", parameters(parameters))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    /** Reads {@code layer} where {@code plugins} are configured, and others of the {@code further} names. */
    private static DataLayer read(String plugins, String layer, String... further) {
        DataLayerReader reader = new DataLayerReader();
        Set<String> names = new java.util.LinkedHashSet<>(List.of(further));
        for (Map<String, Object> plugin : list(plugins)) {
            String type = String.valueOf(plugin.get("type"));
            String name = String.valueOf(plugin.getOrDefault("name", type));
            names.add(name);
            if (DataLayerPlugins.CATALOG.containsKey(type)) {
                @SuppressWarnings("unchecked")
                Map<String, Object> given = (Map<String, Object>) plugin.getOrDefault("parameters", Map.of());
                reader.add(type, new PluginParameters(name, "parameters", given));
            }
        }
        return reader.read(new PluginParameters("", "dataLayer", parameters(layer)), names, Set.of());
    }

    private static Map<String, Object> parameters(String yaml) {
        try {
            Map<String, Object> read = new ObjectMapper(new YAMLFactory())
                    .readValue(yaml.isEmpty() ? "{}" : yaml, new TypeReference<>() {});
            return read;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Map<String, Object>> list(String yaml) {
        try {
            return new ObjectMapper(new YAMLFactory())
                    .readValue(yaml.isEmpty() ? "[]" : yaml, new TypeReference<>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
