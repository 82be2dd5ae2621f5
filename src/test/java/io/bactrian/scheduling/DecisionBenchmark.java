package io.bactrian.scheduling;

import com.sun.management.ThreadMXBean;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.Prompts;
import io.bactrian.fixture.Requests;
import io.bactrian.kvcache.ApproximatePrefixIndex;
import io.bactrian.kvcache.BlockHasher;
import io.bactrian.kvcache.BlockHashes;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.kvcache.PrefixScope;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.profile.Schedulers;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * Measures what a decision costs: hashing, lookup, noting and deciding, each on a line of its own. One thread.
 *
 * <p>Run: {@code ./mvnw -q test-compile dependency:build-classpath -Dmdep.outputFile=target/classpath} and {@code java -cp
 * target/test-classes:target/classes:$(cat target/classpath) io.bactrian.scheduling.DecisionBenchmark}
 */
public final class DecisionBenchmark {
    private static final int PROMPT_BYTES = 400_000; // 100,000 tokens
    private static final int CAPACITY_BLOCKS = 31_250;
    private static final PrefixScope SCOPE = new PrefixScope("m", "", "");

    private DecisionBenchmark() {}

    public static void main(String[] args) {
        System.out.println("line | p50 us | p99 us | mean us | bytes");
        hash();
        for (int endpoints : new int[] {10, 100, 1000}) {
            lookUp(endpoints);
            decide(endpoints);
        }
    }

    private static void hash() {
        BlockHasher hasher = new BlockHasher();
        Prompt prompt = Prompts.text(text(new Random(1), PROMPT_BYTES));
        measure("hash 100k tokens (1,563 blocks)", 3000, i -> hasher.hash(prompt, SCOPE, 64, 2048));
    }

    /** Every endpoint's history is full; tenants share a prefix of a quarter of their prompts with all others. */
    private static void lookUp(int endpoints) {
        ApproximatePrefixIndex index = new ApproximatePrefixIndex();
        List<EndpointState> candidates = candidates(endpoints);
        BlockHasher hasher = new BlockHasher();
        Random random = new Random(2);
        String shared = text(random, PROMPT_BYTES / 4);
        int prompts = 25; // to an endpoint: enough to fill its history
        List<BlockHashes> sent = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            Endpoint endpoint = candidates.get(i).endpoint();
            for (int j = 0; j < prompts; j++) {
                Prompt prompt = Prompts.text(shared + text(random, PROMPT_BYTES * 3 / 4));
                BlockHashes blocks = hasher.hash(prompt, SCOPE, 64, 2048);
                index.add(blocks, endpoint, CAPACITY_BLOCKS);
                if (j == prompts - 1) {
                    sent.add(blocks);
                }
            }
        }
        Prompt strange = Prompts.text(text(random, PROMPT_BYTES));
        BlockHashes unknown = hasher.hash(strange, SCOPE, 64, 2048);
        System.out.printf("index: %,d blocks held, %,d different%n", index.size(), index.distinctBlocks());
        measure(
                "look up 1,563 known blocks, " + endpoints + " endpoints",
                3000,
                i -> index.match(sent.get(i % sent.size()), candidates));
        measure(
                "look up 1,563 unknown blocks, " + endpoints + " endpoints",
                3000,
                i -> index.match(unknown, candidates));
        measure("note 1,563 known blocks, " + endpoints + " endpoints", 3000, i -> {
            int at = i % sent.size();
            index.add(sent.get(at), candidates.get(at).endpoint(), CAPACITY_BLOCKS);
        });
        List<BlockHashes> fresh = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            fresh.add(hasher.hash(Prompts.text(text(random, PROMPT_BYTES)), SCOPE, 64, 2048));
        }
        measure(
                "note 1,563 new blocks and forget as many, " + endpoints + " endpoints",
                400,
                i -> index.add(
                        fresh.get(i % fresh.size()),
                        candidates.get(i % endpoints).endpoint(),
                        CAPACITY_BLOCKS));
    }

    private static void decide(int endpoints) {
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(1));
        SplittableRandom random = new SplittableRandom(3);
        Scheduler scheduler = Schedulers.assemble(
                SchedulingPolicy.DEFAULT, new PluginServices(pool, SchedulingObserver.NONE), () -> random);
        List<EndpointState> candidates = candidates(endpoints);
        for (EndpointState candidate : candidates) {
            int match = random.nextInt(4) == 0 ? random.nextInt(1563) : 0;
            candidate.put(PrefixMatch.key("approx-prefix-cache-producer"), new PrefixMatch(match, 1563, 64));
        }
        InferenceRequest request = Requests.completion(Prompt.NONE);
        measure(
                "decide, prefix matches attached, " + endpoints + " endpoints",
                endpoints >= 1000 ? 20_000 : 100_000,
                i -> scheduler.decide(request, candidates));
        pool.replaceEndpoints(IntStream.range(0, endpoints)
                .mapToObj(i -> Candidates.endpoint("e" + i))
                .toList());
        measure(
                "candidates of the pool, " + endpoints + " endpoints",
                endpoints >= 1000 ? 20_000 : 100_000,
                i -> pool.candidates(Candidates.NOW));
    }

    private static List<EndpointState> candidates(int count) {
        Random random = new Random(4);
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            candidates.add(Candidates.reporting("e" + i, random.nextInt(20), random.nextDouble()));
        }
        return candidates;
    }

    private static String text(Random random, int length) {
        char[] text = new char[length];
        for (int i = 0; i < length; i++) {
            text[i] = (char) ('a' + random.nextInt(26));
        }
        return new String(text);
    }

    private static void measure(String line, int runs, IntConsumer action) {
        for (int i = 0; i < runs; i++) {
            action.accept(i); // warms up
        }
        Histogram nanos = new Histogram(3);
        long allocated = allocatedBytes();
        for (int i = 0; i < runs; i++) {
            long start = System.nanoTime();
            action.accept(i);
            nanos.recordValue(System.nanoTime() - start);
        }
        System.out.printf(
                "%s | %.1f | %.1f | %.1f | %,d%n",
                line,
                nanos.getValueAtPercentile(50) / 1e3,
                nanos.getValueAtPercentile(99) / 1e3,
                nanos.getMean() / 1e3,
                (allocatedBytes() - allocated) / runs);
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
