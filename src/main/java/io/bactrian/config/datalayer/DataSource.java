package io.bactrian.config.datalayer;

import io.bactrian.engine.Extractor;
import java.util.List;

/**
 * A source with what is taken from its pages.
 *
 * @param extractors each reads the source's format
 */
public record DataSource(PageSource page, List<Extractor> extractors) {
    public DataSource {
        extractors = List.copyOf(extractors);
    }
}
