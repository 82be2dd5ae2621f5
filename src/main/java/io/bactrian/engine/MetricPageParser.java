package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import io.bactrian.request.DataKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an inference engine's metric page in the Prometheus text format, piece by piece as it comes.
 *
 * <p>What is not a usable level never becomes one. A server that reports one series for each of its ranks or models is one
 * endpoint to us: their requests and KV blocks are added up, their usage is averaged. Of a custom metric, of which nobody knows
 * whether it can be added up, the newest sample counts, and among those the first.
 */
public final class MetricPageParser implements PageReader {

    /** More requests than any server queues; a larger count is a fault of the page. */
    private static final double MAX_REQUESTS = 1_000_000;

    /** More KV blocks than any server has, and more tokens than any block. */
    private static final long MAX_KV_BLOCKS = 1_000_000_000;

    private static final int MAX_BLOCK_SIZE = 1_000_000;

    private final Duration slack;
    private final LineScanner scanner;
    private final MetricLine sample = new MetricLine();
    private final List<Level> levels = new ArrayList<>(); // all that are expected on the page
    private final Level waiting;
    private final Level running;
    private final Level usage;
    private final Level blockSize;
    private final Level blocks;
    private final Map<DataKey<Double>, Level> custom = new HashMap<>();
    private final @Nullable Series cacheInfo;
    private final @Nullable Series loraInfo;
    private final byte[] blockSizeLabel;
    private final byte[] blocksLabel;
    private boolean cacheInfoSeen;
    private int labelledBlockSize;
    private long labelledBlocks;
    private final LoraInfo lora = new LoraInfo();
    private boolean lacked;

    /** A parser of pages that are read as often as any. */
    public MetricPageParser(MetricMapping mapping) {
        this(mapping, Duration.ZERO);
    }

    /** @param slack how much longer than others what it reads holds, because its source is asked less often */
    public MetricPageParser(MetricMapping mapping, Duration slack) {
        this.slack = slack;
        waiting = level(mapping.load().waitingRequests(), MAX_REQUESTS);
        running = level(mapping.load().runningRequests(), MAX_REQUESTS);
        usage = level(mapping.load().kvCacheUsage(), 1);
        blockSize = level(mapping.cache().blockSize(), MAX_BLOCK_SIZE);
        blocks = level(mapping.cache().blocks(), MAX_KV_BLOCKS);
        mapping.custom().forEach((key, spec) -> custom.put(key, level(spec, Double.MAX_VALUE)));
        cacheInfo = series(mapping.cache().info());
        loraInfo = series(mapping.loraInfo());
        blockSizeLabel = mapping.cache().blockSizeLabel().getBytes(UTF_8);
        blocksLabel = mapping.cache().blocksLabel().getBytes(UTF_8);
        scanner = new LineScanner(names(mapping), this::readLine);
        reset();
    }

    private Level level(@Nullable MetricSpec spec, double max) {
        Level level = new Level(series(spec), max);
        if (spec != null) {
            levels.add(level);
        }
        return level;
    }

    private static @Nullable Series series(@Nullable MetricSpec spec) {
        return spec == null ? null : new Series(spec);
    }

    private static List<String> names(MetricMapping mapping) {
        MetricMapping.Load load = mapping.load();
        MetricMapping.Cache cache = mapping.cache();
        Stream<@Nullable MetricSpec> specs = Stream.of(
                load.waitingRequests(),
                load.runningRequests(),
                load.kvCacheUsage(),
                cache.info(),
                cache.blockSize(),
                cache.blocks(),
                mapping.loraInfo());
        List<String> names = new ArrayList<>();
        specs.forEach(spec -> {
            if (spec != null) {
                names.add(spec.name());
            }
        });
        mapping.custom().values().forEach(spec -> names.add(spec.name()));
        return names;
    }

    @Override
    public void reset() {
        scanner.reset();
        levels.forEach(Level::reset);
        lora.reset();
        cacheInfoSeen = false;
        labelledBlockSize = 0;
        labelledBlocks = 0;
    }

    @Override
    public void feed(ByteBuffer piece) {
        scanner.feed(piece);
    }

    /** Tells whether the page has shown anything of the mapping so far. */
    boolean hasAny() {
        return cacheInfoSeen || levels.stream().anyMatch(Level::isPresent);
    }

    @Override
    public boolean lacked() {
        return lacked;
    }

    /** A metric that is on the page but unusable becomes absent. */
    @Override
    public EndpointMetrics finish(EndpointMetrics previous, Instant observedAt) {
        lacked = (cacheInfo != null && !cacheInfoSeen) || levels.stream().anyMatch(level -> !level.isPresent());
        EndpointMetrics metrics = new EndpointMetrics(
                requests(waiting, previous.waitingRequests(), observedAt),
                requests(running, previous.runningRequests(), observedAt),
                share(previous.kvCacheUsage(), observedAt),
                count(blockSize.mean(), labelledBlockSize, previous.blockSizeTokens()),
                count(blocks.sum(), labelledBlocks, previous.kvBlocks()),
                lora.adapters(previous.adapters(), observedAt, slack),
                previous.models(),
                custom(previous.custom(), observedAt));
        reset();
        return metrics;
    }

    private Signal requests(Level level, Signal previous, Instant observedAt) {
        if (!level.isPresent()) {
            return previous;
        }
        return level.sum() <= MAX_REQUESTS ? Signal.of(Math.floor(level.sum()), observedAt, slack) : Signal.ABSENT;
    }

    private Signal share(Signal previous, Instant observedAt) {
        return usage.isPresent() ? Signal.of(usage.mean(), observedAt, slack) : previous;
    }

    /** Returns what the page counts, by value or by label, as long as it is above 0. */
    private static OptionalInt count(double value, long labelled, OptionalInt previous) {
        double counted = value >= 1 ? value : labelled;
        return counted >= 1 ? OptionalInt.of((int) Math.min(MAX_KV_BLOCKS, counted)) : previous;
    }

    private Map<DataKey<Double>, Signal> custom(Map<DataKey<Double>, Signal> previous, Instant observedAt) {
        if (custom.isEmpty()) {
            return previous;
        }
        Map<DataKey<Double>, Signal> all = new HashMap<>(previous);
        custom.forEach((key, level) -> {
            if (level.isPresent()) {
                all.put(key, Signal.of(level.first(), observedAt, slack));
            }
        });
        return all;
    }

    private void readLine(byte[] line, int length) {
        if (!sample.set(line, length)) {
            return;
        }
        if (cacheInfo != null && cacheInfo.matches(sample)) {
            readCacheInfo();
        } else if (loraInfo != null && loraInfo.matches(sample)) {
            lora.read(sample);
        } else {
            for (int i = 0; i < levels.size(); i++) {
                levels.get(i).read(sample);
            }
        }
    }

    private void readCacheInfo() {
        cacheInfoSeen = true;
        int size = sample.wholeLabel(blockSizeLabel);
        if (labelledBlockSize == 0 && size > 0) {
            labelledBlockSize = size;
        }
        int counted = sample.wholeLabel(blocksLabel); // "None" until vLLM has measured its memory
        if (counted > 0) {
            labelledBlocks += counted;
        }
    }
}
