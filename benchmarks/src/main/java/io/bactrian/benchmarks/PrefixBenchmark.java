package io.bactrian.benchmarks;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.ApproximatePrefixIndex;
import io.bactrian.kvcache.BlockHasher;
import io.bactrian.kvcache.BlockHashes;
import io.bactrian.kvcache.PrefixScope;
import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a prompt of 100,000 tokens costs: hashing it, looking it up among 100 endpoints with full histories, noting it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class PrefixBenchmark {
    private static final int PROMPT_BYTES = 400_000;
    private static final int BLOCK_TOKENS = 64;
    private static final int MAX_BLOCKS = 2048;
    private static final int ENDPOINTS = 100;
    private static final int CAPACITY = 31_250;
    private static final PrefixScope SCOPE = new PrefixScope("m", "", "");

    private final ApproximatePrefixIndex index = new ApproximatePrefixIndex();
    private final BlockHasher hasher = new BlockHasher();
    private final SplittableRandom random = new SplittableRandom(2);
    private List<EndpointState> candidates = List.of();
    private byte[] text = {};
    private BlockHashes known = hash(new byte[0]);
    private BlockHashes unknown = known;
    private BlockHashes[] fresh = {};
    private int next;

    @Setup
    public void setUp() {
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(1));
        pool.replaceEndpoints(IntStream.range(0, ENDPOINTS)
                .mapToObj(i -> new Endpoint("pool", "e" + i, new InetSocketAddress("127.0.0.1", 8000 + i), Map.of()))
                .toList());
        candidates = pool.candidates(Instant.EPOCH);
        for (EndpointState candidate : candidates) {
            for (int sent = 0; sent < CAPACITY; sent += PROMPT_BYTES / (4 * BLOCK_TOKENS)) {
                known = hash(prompt());
                index.add(known, candidate.endpoint(), CAPACITY).computed();
            }
        }
        text = prompt();
        unknown = hash(text);
        fresh = new BlockHashes[256];
        for (int i = 0; i < fresh.length; i++) {
            fresh[i] = hash(prompt());
        }
    }

    /** A quarter of each prompt is common to all. */
    private byte[] prompt() {
        SplittableRandom common = new SplittableRandom(1);
        byte[] prompt = new byte[PROMPT_BYTES];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = (byte) ('a' + (i < PROMPT_BYTES / 4 ? common : random).nextInt(26));
        }
        return prompt;
    }

    private BlockHashes hash(byte[] bytes) {
        return hasher.hash(new Text(bytes), SCOPE, BLOCK_TOKENS, MAX_BLOCKS);
    }

    /** A prompt that lies in an array. */
    private record Text(byte[] bytes) implements Prompt {
        @Override
        public int count() {
            return 1;
        }

        @Override
        public void read(int prompt, PromptSink sink) {
            sink.text(bytes, 0, bytes.length);
        }

        @Override
        public int estimatedTokens() {
            return bytes.length / 4;
        }
    }

    @Benchmark
    public BlockHashes hash() {
        return hash(text);
    }

    @Benchmark
    public int[] lookUpAllKnown() {
        return index.match(known, candidates);
    }

    @Benchmark
    public int[] lookUpAQuarterKnown() {
        return index.match(unknown, candidates);
    }

    /** Each pushes out as many blocks as it brings. */
    @Benchmark
    public Object noteNew() {
        ApproximatePrefixIndex.Sent sent = index.add(
                fresh[next % fresh.length], candidates.get(next % ENDPOINTS).endpoint(), CAPACITY);
        next++;
        sent.computed();
        return sent;
    }
}
