package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.OptionalInt;

/**
 * Reads a model server's metric page in the Prometheus text format, piece by piece as it comes.
 *
 * <p>Feed it every piece, then {@link #finish}. It takes any bytes without complaint; what is not a usable level never
 * becomes one. A server that reports one series for each of its ranks or models is one endpoint to us: their requests
 * and KV blocks are added up, their usage is averaged. For one thread, and meant to be used again.
 */
public final class MetricPageParser {

    /** More requests than any server queues; a larger count is a fault of the page. */
    private static final double MAX_REQUESTS = 1_000_000;

    /** More KV blocks than any server has. */
    private static final long MAX_KV_BLOCKS = 1_000_000_000;

    private final byte[] waitingName;
    private final byte[] runningName;
    private final byte[] usageName;
    private final byte[] cacheInfoName;
    private final byte[] loraInfoName;
    private final byte[] blockSizeLabel;
    private final byte[] kvBlocksLabel;
    private final LineScanner scanner;
    private final MetricLine sample = new MetricLine();
    private final Level waiting = new Level();
    private final Level running = new Level();
    private final Level usage = new Level();
    private int blockSizeTokens;
    private long kvBlocks;
    private final LoraInfo lora = new LoraInfo();

    public MetricPageParser(MetricMapping mapping) {
        waitingName = mapping.waitingRequests().getBytes(US_ASCII);
        runningName = mapping.runningRequests().getBytes(US_ASCII);
        usageName = mapping.kvCacheUsage().getBytes(US_ASCII);
        cacheInfoName = mapping.cacheInfo().getBytes(US_ASCII);
        loraInfoName = mapping.loraInfo().getBytes(US_ASCII);
        blockSizeLabel = mapping.blockSizeLabel().getBytes(US_ASCII);
        kvBlocksLabel = mapping.kvBlocksLabel().getBytes(US_ASCII);
        scanner = new LineScanner(
                new long[] {
                    LineScanner.start(mapping.waitingRequests()),
                    LineScanner.start(mapping.runningRequests()),
                    LineScanner.start(mapping.kvCacheUsage()),
                    LineScanner.start(mapping.cacheInfo()),
                    LineScanner.start(mapping.loraInfo())
                },
                this::readLine);
        reset();
    }

    /** Forgets what has come of a page that will not be finished. */
    public void reset() {
        scanner.reset();
        waiting.reset();
        running.reset();
        usage.reset();
        lora.reset();
        blockSizeTokens = 0;
        kvBlocks = 0;
    }

    /** Takes the next piece of the page, from {@code piece}'s position to its limit; neither changes. */
    public void feed(ByteBuffer piece) {
        scanner.feed(piece);
    }

    /**
     * Ends the page and makes ready for the next.
     *
     * @param previous what the endpoint reported before: a metric that is not on the page keeps its value and its age,
     *     one that is there but unusable becomes absent
     * @param observedAt when the page was read, by the router's clock
     */
    public EndpointMetrics finish(EndpointMetrics previous, Instant observedAt) {
        EndpointMetrics metrics = new EndpointMetrics(
                requests(waiting, previous.waitingRequests(), observedAt),
                requests(running, previous.runningRequests(), observedAt),
                share(usage, previous.kvCacheUsage(), observedAt),
                blockSizeTokens > 0 ? OptionalInt.of(blockSizeTokens) : previous.blockSizeTokens(),
                kvBlocks > 0 ? OptionalInt.of((int) Math.min(MAX_KV_BLOCKS, kvBlocks)) : previous.kvBlocks(),
                lora.adapters(previous.adapters(), observedAt),
                previous.custom());
        reset();
        return metrics;
    }

    private static Signal requests(Level level, Signal previous, Instant observedAt) {
        if (!level.isPresent()) {
            return previous;
        }
        return level.sum() <= MAX_REQUESTS ? Signal.of(Math.floor(level.sum()), observedAt) : Signal.ABSENT;
    }

    private static Signal share(Level level, Signal previous, Instant observedAt) {
        if (!level.isPresent()) {
            return previous;
        }
        return level.mean() <= 1 ? Signal.of(level.mean(), observedAt) : Signal.ABSENT;
    }

    private void readLine(byte[] line, int length) {
        if (!sample.set(line, length)) {
            return;
        }
        if (sample.isNamed(waitingName)) {
            waiting.add(usable(sample.value(), MAX_REQUESTS), sample.timestamp());
        } else if (sample.isNamed(runningName)) {
            running.add(usable(sample.value(), MAX_REQUESTS), sample.timestamp());
        } else if (sample.isNamed(usageName)) {
            usage.add(usable(sample.value(), 1), sample.timestamp());
        } else if (sample.isNamed(cacheInfoName)) {
            readCacheInfo();
        } else if (sample.isNamed(loraInfoName)) {
            lora.read(sample);
        }
    }

    /** Returns NaN for what is no level; one bad series must not hide behind the others' sum. */
    private static double usable(double value, double max) {
        return value >= 0 && value <= max ? value : Double.NaN;
    }

    private void readCacheInfo() {
        int size = sample.wholeLabel(blockSizeLabel);
        if (blockSizeTokens == 0 && size > 0) {
            blockSizeTokens = size;
        }
        int blocks = sample.wholeLabel(kvBlocksLabel); // "None" until vLLM has measured its memory
        if (blocks > 0) {
            kvBlocks += blocks;
        }
    }
}
