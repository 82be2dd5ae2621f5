package io.bactrian.scheduling;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.ThreadMXBean;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.BlockHasher;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.kvcache.PrefixScope;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.explain.DecisionLog;
import io.bactrian.scheduling.explain.DecisionSettings;
import io.bactrian.scheduling.profile.Schedulers;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.slf4j.LoggerFactory;

/**
 * Measures what hashing a prompt, taking the pool's candidates and deciding cost. One thread.
 *
 * <p>Run: {@code ./mvnw -q test-compile dependency:build-classpath -Dmdep.outputFile=target/classpath} and {@code java -cp
 * target/test-classes:target/classes:$(cat target/classpath) io.bactrian.scheduling.DecisionBenchmark}
 */
public final class DecisionBenchmark {
    private static final int PROMPT_BYTES = 400_000; // 100,000 tokens
    private static final PrefixScope SCOPE = new PrefixScope("m", "", "");

    private DecisionBenchmark() {}

    public static void main(String[] args) {
        ((Logger) LoggerFactory.getLogger("io.bactrian")).setLevel(Level.WARN);
        System.out.println("line | p50 us | p99 us | mean us | bytes");
        hash();
        for (int endpoints : new int[] {10, 100, 1000}) {
            decide(endpoints);
        }
    }

    private static void hash() {
        BlockHasher hasher = new BlockHasher();
        Prompt prompt = Prompts.text(text(new Random(1), PROMPT_BYTES));
        measure("hash 100k tokens (1,563 blocks)", 3000, i -> hasher.hash(prompt, SCOPE, 64, 2048));
    }

    private static void decide(int endpoints) {
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(1));
        SplittableRandom random = new SplittableRandom(3);
        Scheduler scheduler = scheduler(pool, random, SchedulingObserver.NONE);
        DecisionLog log = new DecisionLog(DecisionSettings.DEFAULTS.capacity());
        Scheduler recording = scheduler(pool, random, new SchedulingObserver() {
            @Override
            public void traced(DecisionTrace trace) {
                log.add(trace);
            }
        });
        List<EndpointState> candidates = candidates(endpoints);
        for (EndpointState candidate : candidates) {
            int match = random.nextInt(4) == 0 ? random.nextInt(1563) : 0;
            candidate.put(PrefixMatch.key("approx-prefix-cache-producer"), new PrefixMatch(match, 1563, 64));
        }
        InferenceRequest request = InferenceRequests.completion(Prompt.NONE);
        measure(
                "decide, prefix matches attached, " + endpoints + " endpoints",
                endpoints >= 1000 ? 20_000 : 100_000,
                i -> scheduler.decide(request, candidates));
        measure(
                "the same with a record of each, " + endpoints + " endpoints",
                endpoints >= 1000 ? 20_000 : 100_000,
                i -> recording.decide(request, candidates));
        pool.replaceEndpoints(IntStream.range(0, endpoints)
                .mapToObj(i -> Candidates.endpoint("e" + i))
                .toList());
        measure(
                "candidates of the pool, " + endpoints + " endpoints",
                endpoints >= 1000 ? 20_000 : 100_000,
                i -> pool.candidates(Candidates.NOW));
    }

    private static Scheduler scheduler(EndpointPool pool, SplittableRandom random, SchedulingObserver observer) {
        return Schedulers.assemble(
                1,
                SchedulingPolicy.DEFAULT,
                new PluginServices(pool, observer, Runnable::run, InstantSource.system()),
                () -> random);
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
