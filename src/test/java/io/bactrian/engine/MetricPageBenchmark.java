package io.bactrian.engine;

import io.bactrian.endpoint.EndpointMetrics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** Measures what reading a metric page costs. One thread; run like {@code DecisionBenchmark}, in the project's folder. */
public final class MetricPageBenchmark {
    private static final int PIECE_BYTES = 8192; // as a socket gives them

    private MetricPageBenchmark() {}

    public static void main(String[] args) throws IOException {
        byte[] page = Files.readAllBytes(Path.of("test-fixtures/vllm/metrics.txt"));
        ByteBuffer direct = ByteBuffer.allocateDirect(page.length).put(page).flip();
        for (int round = 0; round < 3; round++) {
            measure("heap", ByteBuffer.wrap(page));
            measure("direct", direct);
        }
    }

    private static void measure(String kind, ByteBuffer page) {
        MetricPageParser parser = new MetricPageParser(EngineMappings.VLLM);
        int length = page.limit();
        int pages = 20_000;
        EndpointMetrics metrics = EndpointMetrics.NONE;
        long start = System.nanoTime();
        for (int i = 0; i < pages; i++) {
            for (int at = 0; at < length; at += PIECE_BYTES) {
                page.limit(Math.min(length, at + PIECE_BYTES)).position(at);
                parser.feed(page);
            }
            metrics = parser.finish(metrics, Instant.EPOCH);
        }
        double micros = (System.nanoTime() - start) / 1e3 / pages;
        page.position(0).limit(length);
        System.out.printf("%s: %.1f us for a page of %,d bytes (%s)%n", kind, micros, length, metrics.kvBlocks());
    }
}
