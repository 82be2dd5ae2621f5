package io.bactrian.kvcache;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * Measures looking up and noting prompts of 100,000 tokens when every endpoint's history is full; a quarter of each
 * prompt is common to all. One thread. Arguments: endpoints and blocks of a history (default 100, 31250). Run like {@code
 * DecisionBenchmark}.
 */
public final class PrefixIndexBenchmark {
    private static final int PROMPT_BLOCKS = 1563;
    private static final int SHARED_BLOCKS = PROMPT_BLOCKS / 4;

    private PrefixIndexBenchmark() {}

    public static void main(String[] args) {
        int endpoints = args.length > 0 ? Integer.parseInt(args[0]) : 100;
        int capacity = args.length > 1 ? Integer.parseInt(args[1]) : 31_250;
        SplittableRandom random = new SplittableRandom(2);
        ApproximatePrefixIndex index = new ApproximatePrefixIndex();
        List<EndpointState> candidates = new ArrayList<>();
        List<BlockHashes> known = new ArrayList<>(); // known.get(i) was sent to candidates.get(i)
        for (int i = 0; i < endpoints; i++) {
            candidates.add(Candidates.silent("e" + i));
            Endpoint endpoint = candidates.get(i).endpoint();
            for (int sent = 0; sent < capacity + PROMPT_BLOCKS; sent += PROMPT_BLOCKS - SHARED_BLOCKS) {
                BlockHashes prompt = prompt(random);
                index.add(prompt, endpoint, capacity);
                if (sent == 0) {
                    known.add(prompt);
                } else {
                    known.set(i, prompt);
                }
            }
        }
        System.out.printf(
                "%d endpoints, %,d blocks held, %,d different, %s%n",
                endpoints, index.size(), index.distinctBlocks(), memory());
        System.out.println("line | p50 us | p99 us | mean us");
        BlockHashes[] unknown = new BlockHashes[1000];
        for (int i = 0; i < unknown.length; i++) {
            unknown[i] = new BlockHashes(random.longs(PROMPT_BLOCKS).toArray(), new int[] {PROMPT_BLOCKS}, 64);
        }
        measure("look up, all blocks known", i -> index.match(known.get(i % endpoints), candidates));
        measure("look up, no block known", i -> index.match(unknown[i % unknown.length], candidates));
        measure(
                "note, all blocks known",
                i -> index.add(
                        known.get(i % endpoints), candidates.get(i % endpoints).endpoint(), capacity));
        measure(
                "note, all blocks new, as many forgotten",
                i -> index.add(prompt(random), candidates.get(i % endpoints).endpoint(), capacity));
    }

    private static BlockHashes prompt(SplittableRandom random) {
        SplittableRandom shared = new SplittableRandom(1);
        long[] hashes = new long[PROMPT_BLOCKS];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = i < SHARED_BLOCKS ? shared.nextLong() : random.nextLong();
        }
        return new BlockHashes(hashes, new int[] {PROMPT_BLOCKS}, 64);
    }

    private static String memory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return ((runtime.totalMemory() - runtime.freeMemory()) >> 20) + " MiB of heap";
    }

    private static void measure(String line, IntConsumer action) {
        Histogram nanos = new Histogram(3);
        for (int i = 0; i < 4000; i++) {
            if (i == 2000) {
                nanos.reset(); // warm
            }
            long start = System.nanoTime();
            action.accept(i);
            nanos.recordValue(System.nanoTime() - start);
        }
        System.out.printf(
                "%s | %.1f | %.1f | %.1f%n",
                line,
                nanos.getValueAtPercentile(50) / 1e3,
                nanos.getValueAtPercentile(99) / 1e3,
                nanos.getMean() / 1e3);
    }
}
