package io.bactrian.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import io.bactrian.fixture.Allocations;
import io.bactrian.fixture.FuzzInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a model server says of itself, cut wherever: levels within their ranges, in memory that the page's length bounds. */
class MetricPageFuzzTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final int FIXED_BYTES = 64 * 1024;

    /** Two lists of adapters, cut into names, of each sample that is newer than the one before. */
    private static final int BYTES_PER_PAGE_BYTE = 64;

    private static final List<MetricMapping> MAPPINGS = List.copyOf(EngineMappings.BUILT_IN.values());

    static Stream<byte[]> pages() throws IOException {
        String page = Files.readString(Path.of("test-fixtures/vllm/metrics.txt"));
        List<String> lines = page.lines()
                .filter(line -> line.contains("num_requests") || line.contains("_info") || line.contains("usage"))
                .toList();
        return Stream.of(
                new FuzzInput(0, 9, (String.join("\n", lines) + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .bytes(),
                seed(1, "sglang:num_queue_reqs{a=\"b\"} 1 1700000000\nsglang:token_usage 0.5 # {} 1\n"),
                seed(
                        2,
                        "vllm:lora_requests_info{max_lora=\"4\",running_lora_adapters=\"a, b\","
                                + "waiting_lora_adapters=\"c\\\"}\"} 1.75e+09\nvllm:cache_config_info{num_gpu_blocks=\"7\"} 1\n"));
    }

    private static byte[] seed(int cut, String page) {
        return new FuzzInput(0, cut, page.getBytes(java.nio.charset.StandardCharsets.UTF_8)).bytes();
    }

    @MethodSource("pages")
    @FuzzTest(maxDuration = "")
    void readsLevelsWhereverThePageIsCut(byte[] input) {
        FuzzInput given = FuzzInput.of(input);
        PageReader whole = EnginePageReader.of(MAPPINGS, Duration.ZERO);
        PageReader pieces = EnginePageReader.of(MAPPINGS, Duration.ZERO);
        EndpointMetrics[] metrics = new EndpointMetrics[1];

        long limit = FIXED_BYTES + (long) BYTES_PER_PAGE_BYTE * given.payload().length;
        Allocations.assertBelow(limit, () -> {
            whole.feed(ByteBuffer.wrap(given.payload()));
            metrics[0] = whole.finish(EndpointMetrics.NONE, NOW);
        });
        given.pieces().forEach(pieces::feed);

        assertThat(pieces.finish(EndpointMetrics.NONE, NOW)).isEqualTo(metrics[0]);
        assertRange(metrics[0].waitingRequests(), 1_000_000);
        assertRange(metrics[0].runningRequests(), 1_000_000);
        assertRange(metrics[0].kvCacheUsage(), 1);
        assertThat(metrics[0].kvBlocks().orElse(1)).isPositive();
        assertThat(metrics[0].blockSizeTokens().orElse(1)).isPositive();
    }

    private static void assertRange(Signal signal, double max) {
        assertThat(signal.isPresent() ? signal.value() : 0).isBetween(0.0, max);
    }
}
