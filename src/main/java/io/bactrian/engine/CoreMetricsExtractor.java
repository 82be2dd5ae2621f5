package io.bactrian.engine;

import io.bactrian.endpoint.Endpoint;
import java.time.Duration;

/** Takes queue, batch, KV cache, adapters and custom metrics from the metric page of an inference engine. */
public record CoreMetricsExtractor(EngineMappings mappings) implements Extractor {
    public static final String TYPE = "core-metrics-extractor";

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public Format reads() {
        return Format.METRICS;
    }

    @Override
    public PageReader reader(Endpoint endpoint, Duration slack) {
        return EnginePageReader.of(mappings.of(endpoint), slack);
    }
}
