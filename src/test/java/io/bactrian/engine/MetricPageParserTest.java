package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricPageParserTest {
    private static final Instant BEFORE = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant NOW = BEFORE.plusMillis(50);
    private static final EndpointMetrics PREVIOUS = new EndpointMetrics(
            Signal.of(9, BEFORE),
            Signal.of(8, BEFORE),
            Signal.of(0.7, BEFORE),
            OptionalInt.of(32),
            OptionalInt.of(100));

    private final MetricPageParser parser = new MetricPageParser(EngineMappings.VLLM);

    @Test
    void readsAPageOfVllm() throws IOException {
        EndpointMetrics metrics = parse(Files.readString(Path.of("test-fixtures/vllm/metrics.txt")));

        assertThat(metrics)
                .isEqualTo(new EndpointMetrics(
                        Signal.of(4, NOW),
                        Signal.of(17, NOW),
                        Signal.of(0.4237519142419601, NOW),
                        OptionalInt.of(16),
                        OptionalInt.of(27761),
                        new Adapters(Set.of("sql", "summary"), Set.of(), 4, NOW),
                        null,
                        Map.of()));
    }

    @Property(tries = 50)
    void itDoesNotMatterHowThePageIsCut(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 3000) int longest, @ForAll boolean direct)
            throws IOException {
        byte[] page = Files.readAllBytes(Path.of("test-fixtures/vllm/metrics.txt"));
        Random random = new Random(seed);
        for (int at = 0; at < page.length; ) {
            int length = Math.min(page.length - at, random.nextInt(1, longest + 1));
            ByteBuffer piece = direct ? ByteBuffer.allocateDirect(length + 5) : ByteBuffer.allocate(length + 5);
            piece.position(5).put(page, at, length).position(5);
            parser.feed(piece);
            assertThat(piece.remaining()).isEqualTo(length);
            at += length;
        }

        assertThat(parser.finish(PREVIOUS, NOW)).isEqualTo(parse(new String(page, UTF_8)));
    }

    @Test
    void aMissingMetricKeepsItsValueAndItsAge() {
        EndpointMetrics metrics = parse("vllm:num_requests_waiting{model_name=\"m\"} 2\n");

        assertThat(metrics.waitingRequests()).isEqualTo(Signal.of(2, NOW));
        assertThat(metrics.runningRequests()).isEqualTo(Signal.of(8, BEFORE));
        assertThat(metrics.kvCacheUsage()).isEqualTo(Signal.of(0.7, BEFORE));
        assertThat(metrics.blockSizeTokens()).hasValue(32);
        assertThat(metrics.kvBlocks()).hasValue(100);
        assertThat(parse("")).isEqualTo(PREVIOUS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NaN",
                "-1",
                "+Inf",
                "-Inf",
                "1e300",
                "9999999999",
                "abc",
                "",
                "0x10",
                "1d",
                "1_0",
                "--1",
                "1e",
                "{",
                "\u0000"
            })
    void whatIsNoLevelIsAbsent(String value) {
        EndpointMetrics metrics = parse("vllm:num_requests_waiting{a=\"b\"} " + value + " \n"
                + "vllm:kv_cache_usage_perc{a=\"b\"} " + value + " \n");

        if (value.isEmpty()) {
            assertThat(metrics).isEqualTo(PREVIOUS); // a line without a value is no sample
        } else {
            assertThat(metrics.waitingRequests()).isEqualTo(Signal.ABSENT);
            assertThat(metrics.kvCacheUsage()).isEqualTo(Signal.ABSENT);
        }
    }

    @Test
    void usageAboveOneIsAbsent() {
        assertThat(parse("vllm:kv_cache_usage_perc 1.0\n").kvCacheUsage()).isEqualTo(Signal.of(1, NOW));
        assertThat(parse("vllm:kv_cache_usage_perc 1.01\n").kvCacheUsage()).isEqualTo(Signal.ABSENT);
    }

    @Test
    void ranksOfOneServerAreAddedUp() {
        EndpointMetrics metrics = parse("""
                vllm:num_requests_waiting{engine="0"} 2
                vllm:num_requests_waiting{engine="1"} 3
                vllm:kv_cache_usage_perc{engine="0"} 0.5
                vllm:kv_cache_usage_perc{engine="1"} 0.25
                vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="100"} 1
                vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="200"} 1
                """);

        assertThat(metrics.waitingRequests().value()).isEqualTo(5);
        assertThat(metrics.kvCacheUsage().value()).isEqualTo(0.375);
        assertThat(metrics.blockSizeTokens()).hasValue(16);
        assertThat(metrics.kvBlocks()).hasValue(300);
    }

    @Test
    void oneUnusableSeriesMakesTheMetricAbsent() {
        EndpointMetrics metrics = parse("""
                vllm:num_requests_waiting{engine="0"} NaN
                vllm:num_requests_waiting{engine="1"} 0
                """);

        assertThat(metrics.waitingRequests()).isEqualTo(Signal.ABSENT);
    }

    @Test
    void theNewestTimestampWins() {
        EndpointMetrics metrics = parse("""
                vllm:num_requests_running{engine="0"} 1 1000
                vllm:num_requests_running{engine="0"} 7 3000
                vllm:num_requests_running{engine="0"} 5 2000
                """);

        assertThat(metrics.runningRequests().value()).isEqualTo(7);
    }

    @Test
    void labelsMayHoldAnyText() {
        EndpointMetrics metrics = parse("""
                vllm:num_requests_waiting{model_name="a} 99 \\"{\\\\"} 3
                vllm:cache_config_info{x="num_gpu_blocks=\\"7\\"", num_gpu_blocks = "55" ,block_size="None",} 1
                """);

        assertThat(metrics.waitingRequests().value()).isEqualTo(3);
        assertThat(metrics.kvBlocks()).hasValue(55);
        assertThat(metrics.blockSizeTokens()).hasValue(32);
    }

    @Test
    void namesThatOnlyBeginAlikeAreOthers() {
        assertThat(parse("vllm:num_requests_waiting_by_reason{reason=\"x\"} 5\nvllm:num_requests 3\nvllm:num\n"))
                .isEqualTo(PREVIOUS);
    }

    @Test
    void countsAreWhole() {
        assertThat(parse("vllm:num_requests_running 2.9\n").runningRequests().value())
                .isEqualTo(2);
    }

    @Test
    void aLineWithoutAnEndMayBeHalfANumber() {
        assertThat(parse("vllm:num_requests_running 1")).isEqualTo(PREVIOUS);
    }

    @Test
    void aLineLongerThanTheLimitIsPassedOver() {
        String endless = "vllm:num_requests_waiting{a=\"" + "x".repeat(LineScanner.MAX_LINE_BYTES) + "\"} 1\n";

        assertThat(parse(endless + "vllm:num_requests_running 3\n"))
                .isEqualTo(parse("vllm:num_requests_running 3\n"))
                .extracting(metrics -> metrics.runningRequests().value())
                .isEqualTo(3.0);
    }

    @Test
    void aPageThatIsGivenUpLeavesNoTrace() {
        feed("vllm:num_requests_waiting 3\nvllm:num_requests_run");
        parser.reset();

        assertThat(parse("ning 4\n")).isEqualTo(PREVIOUS);
    }

    @Property(tries = 500)
    void anyBytesAreTaken(@ForAll @Size(max = 300) byte[] bytes) {
        parser.feed(ByteBuffer.wrap(bytes));
        parser.finish(PREVIOUS, NOW);
    }

    @Property(tries = 1000)
    void anyLineAfterAKnownNameIsTaken(@ForAll("names") String name, @ForAll("rests") String rest) {
        EndpointMetrics metrics = parse(name + rest + "\n");

        Signal waiting = metrics.waitingRequests();
        assertThat(waiting.isPresent() ? waiting.value() : 0).isBetween(0.0, 1_000_000.0);
        Signal usage = metrics.kvCacheUsage();
        assertThat(usage.isPresent() ? usage.value() : 0).isBetween(0.0, 1.0);
        assertThat(metrics.kvBlocks().orElse(1)).isPositive();
        assertThat(metrics.blockSizeTokens().orElse(1)).isPositive();
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.of(
                "vllm:num_requests_waiting",
                "vllm:kv_cache_usage_perc",
                "vllm:cache_config_info",
                "vllm:cache_config_info{num_gpu_blocks=\"",
                "vllm:kv_cache_usage_perc{");
    }

    @Provide
    Arbitrary<String> rests() {
        return Arbitraries.strings()
                .withChars("{}\"\\=, \t0123456789.eE+-\r")
                .withChars("block_size")
                .ofMaxLength(40);
    }

    private EndpointMetrics parse(String page) {
        feed(page);
        return parser.finish(PREVIOUS, NOW);
    }

    private void feed(String page) {
        parser.feed(ByteBuffer.wrap(page.getBytes(UTF_8)));
    }

    /** The sample page of llm-d's metrics, section 1.3. */
    @Test
    void readsTheNewestListOfAdapters() {
        EndpointMetrics metrics = parse("""
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="x",waiting_lora_adapters=""} 1.74e+09
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="a, b",waiting_lora_adapters="c"} 1.75e+09
                vllm:lora_requests_info{max_lora="9",running_lora_adapters="y",waiting_lora_adapters=""} NaN
                """);

        Adapters expected = new Adapters(Set.of("a", "b"), Set.of("c"), 4, NOW);
        assertThat(metrics.adapters()).isEqualTo(expected);
        assertThat(parser.finish(metrics, NOW.plusSeconds(1)).adapters())
                .as("a page without adapters changes nothing")
                .isEqualTo(expected);
    }
}
