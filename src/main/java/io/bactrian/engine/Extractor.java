package io.bactrian.engine;

import io.bactrian.endpoint.Endpoint;
import java.time.Duration;

/** What is taken from the pages of a source (llm-d's extractors). */
public sealed interface Extractor permits CoreMetricsExtractor, DcgmExtractor, ModelsExtractor {

    /** What a page is. */
    enum Format {
        /** Prometheus text. */
        METRICS,
        /** The JSON of {@code /v1/models}. */
        MODELS
    }

    /** Returns its type in a configuration. */
    String type();

    /** Returns the pages it can read. */
    Format reads();

    /**
     * Returns what reads the pages of {@code endpoint}.
     *
     * @param slack how much longer than others what it reads holds, because its source is asked less often
     */
    PageReader reader(Endpoint endpoint, Duration slack);
}
