package io.bactrian.config.datalayer;

import io.bactrian.engine.CoreMetricsExtractor;
import io.bactrian.engine.EngineMappings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where what is known of a pool's endpoints comes from.
 *
 * @param sources the pages that are read of each
 * @param discovery the file that lists them; null if the properties do
 */
public record DataLayer(List<DataSource> sources, @Nullable FileDiscovery discovery) {

    /** The metric page of an inference engine. */
    static final DataSource CORE_METRICS =
            new DataSource(PageSource.DEFAULT_METRICS, List.of(new CoreMetricsExtractor(EngineMappings.DEFAULT)));

    /** What is read without a configuration. */
    public static final DataLayer DEFAULT = new DataLayer(List.of(CORE_METRICS), null);

    public DataLayer {
        sources = List.copyOf(sources);
    }
}
