package io.bactrian.engine;

import io.bactrian.endpoint.Endpoint;
import java.time.Duration;

/** Takes the models and adapters that an endpoint serves from its {@code GET /v1/models}. */
public record ModelsExtractor() implements Extractor {
    public static final String TYPE = "models-data-extractor";

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public Format reads() {
        return Format.MODELS;
    }

    @Override
    public PageReader reader(Endpoint endpoint, Duration slack) {
        return new ModelListReader(slack);
    }
}
