package io.bactrian.engine;

import io.bactrian.endpoint.EndpointMetrics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pages of an endpoint whose engine is not known: by each mapping, until a page shows something of one, and by that
 * one alone from then on. A page that shows nothing of it opens the question again, as another engine may have taken the address.
 */
final class EnginePageReader implements PageReader {
    private final List<MetricPageParser> parsers;
    private @Nullable MetricPageParser told; // by a page
    private boolean lacked;

    private EnginePageReader(List<MetricPageParser> parsers) {
        this.parsers = parsers;
    }

    /** Returns what reads pages by {@code mappings}, of which the first that shows anything counts. */
    static PageReader of(List<MetricMapping> mappings, Duration slack) {
        List<MetricPageParser> parsers = mappings.stream()
                .map(mapping -> new MetricPageParser(mapping, slack))
                .toList();
        return parsers.size() == 1 ? parsers.get(0) : new EnginePageReader(parsers);
    }

    @Override
    public void reset() {
        parsers.forEach(MetricPageParser::reset);
    }

    @Override
    public void feed(ByteBuffer piece) {
        if (told != null) {
            told.feed(piece);
        } else {
            parsers.forEach(parser -> parser.feed(piece));
        }
    }

    @Override
    public EndpointMetrics finish(EndpointMetrics previous, Instant observedAt) {
        MetricPageParser chosen = told != null ? told : shown();
        told = chosen.hasAny() ? chosen : null;
        EndpointMetrics metrics = chosen.finish(previous, observedAt);
        lacked = chosen.lacked();
        reset();
        return metrics;
    }

    private MetricPageParser shown() {
        return parsers.stream().filter(MetricPageParser::hasAny).findFirst().orElse(parsers.get(0));
    }

    @Override
    public boolean lacked() {
        return lacked;
    }
}
