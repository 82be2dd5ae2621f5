package io.bactrian.config.datalayer;

import io.bactrian.engine.EngineMappings;
import io.bactrian.engine.MetricMapping;
import io.bactrian.engine.MetricSpec;
import io.bactrian.request.DataKey;
import io.bactrian.scheduling.PluginParameters;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parameters of {@code core-metrics-extractor}: which metric of which engine means what. */
final class EngineConfig {
    private static final String RESERVED = "default";

    private EngineConfig() {}

    /** An engine of the configuration replaces the built-in one of that name as a whole; the others stay. */
    static EngineMappings read(PluginParameters parameters) {
        Map<String, MetricMapping> mappings = new LinkedHashMap<>(EngineMappings.BUILT_IN);
        Set<String> names = new LinkedHashSet<>();
        for (PluginParameters engine : parameters.objects("engineConfigs")) {
            String name = engine.requiredText("name");
            if (name.equals(RESERVED)) {
                throw engine.wrong("name", name, "another name, as this one is reserved");
            }
            if (!names.add(name)) {
                throw engine.wrong("name", name, "a name of its own");
            }
            mappings.put(name, mapping(engine, parameters.pluginName()));
        }
        String label = parameters.text("engineLabelKey", EngineMappings.ENGINE_LABEL);
        String engine = parameters.text("defaultEngine", EngineMappings.DEFAULT_ENGINE);
        if (!mappings.containsKey(engine)) {
            throw parameters.wrong("defaultEngine", engine, "one of " + mappings.keySet());
        }
        return new EngineMappings(label, engine, mappings);
    }

    private static MetricMapping mapping(PluginParameters engine, String producer) {
        MetricMapping.Load load = new MetricMapping.Load(
                spec(engine, "queuedRequestsSpec"), spec(engine, "runningRequestsSpec"), spec(engine, "kvUsageSpec"));
        MetricMapping.Cache cache = new MetricMapping.Cache(
                spec(engine, "cacheInfoSpec"),
                engine.text("cacheBlockSizeLabelName", "block_size"),
                engine.text("cacheNumBlocksLabelName", "num_gpu_blocks"),
                spec(engine, "cacheBlockSizeSpec"),
                spec(engine, "cacheNumBlocksSpec"));
        Map<DataKey<Double>, MetricSpec> custom = new LinkedHashMap<>();
        for (PluginParameters metric : engine.objects("customMetrics")) {
            String attribute = metric.requiredText("attributeKey");
            MetricSpec spec = spec(metric, "metricSpec");
            if (spec == null) {
                throw metric.wrong("metricSpec", "missing", "a metric, such as name or name{label=value}");
            }
            if (custom.put(new DataKey<>(attribute, producer), spec) != null) {
                throw metric.wrong("attributeKey", attribute, "a key of its own");
            }
        }
        return new MetricMapping(load, cache, spec(engine, "loraSpec"), custom);
    }

    private static @Nullable MetricSpec spec(PluginParameters parameters, String name) {
        String text = parameters.text(name, "");
        if (text.isEmpty()) {
            return null;
        }
        try {
            return MetricSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(parameters.pathOf(name) + ": " + e.getMessage(), e);
        }
    }
}
