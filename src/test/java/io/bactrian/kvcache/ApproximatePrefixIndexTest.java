package io.bactrian.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ApproximatePrefixIndexTest {
    private static final EndpointState A = Candidates.silent("a");
    private static final EndpointState B = Candidates.silent("b");
    private static final EndpointState C = Candidates.silent("c");
    private static final List<EndpointState> ALL = List.of(A, B, C);

    private final ApproximatePrefixIndex index = new ApproximatePrefixIndex();

    @Test
    void countsLeadingBlocksOfEachEndpoint() {
        index.add(blocks(1, 2, 3), A.endpoint(), 100);
        index.add(blocks(1, 2), B.endpoint(), 100);

        assertThat(index.match(blocks(1, 2, 3, 4), ALL)).containsExactly(3, 2, 0);
        assertThat(index.match(blocks(9, 2, 3), ALL)).containsExactly(0, 0, 0);
    }

    @Test
    void aBlockAfterAGapDoesNotCount() {
        index.add(blocks(1, 2, 3), A.endpoint(), 100);
        index.add(blocks(2, 3), B.endpoint(), 100);

        assertThat(index.match(blocks(1, 2, 3), ALL)).containsExactly(3, 0, 0);
    }

    @Test
    void sumsOverPrompts() {
        index.add(blocks(1, 2, 3), A.endpoint(), 100);

        BlockHashes twoPrompts = new BlockHashes(new long[] {1, 2, 9, 1, 2, 3}, new int[] {3, 6}, 64);

        assertThat(index.match(twoPrompts, ALL)).containsExactly(5, 0, 0);
    }

    @Test
    void forgetsTheEndOfAPromptFirst() {
        index.add(blocks(1, 2, 3, 4), A.endpoint(), 4);
        index.add(blocks(7), A.endpoint(), 4);

        assertThat(index.match(blocks(1, 2, 3, 4), ALL)).containsExactly(3, 0, 0);
    }

    @Test
    void aPromptLongerThanTheCapacityLeavesItsFirstBlocksAndNothingElse() {
        index.add(blocks(1, 2, 3, 4, 5), A.endpoint(), 3);

        assertThat(index.match(blocks(1, 2, 3, 4, 5), ALL)).containsExactly(3, 0, 0);
        assertThat(index.size()).isEqualTo(3);
        assertThat(index.distinctBlocks()).isEqualTo(3);
    }

    @Test
    void aSmallerCapacityHoldsFromTheNextPromptOn() {
        index.add(blocks(1, 2, 3, 4), A.endpoint(), 4);
        index.add(blocks(8), A.endpoint(), 2);

        assertThat(index.match(blocks(1, 2, 3, 4), ALL)).containsExactly(1, 0, 0);
        assertThat(index.distinctBlocks()).isEqualTo(2);
    }

    @Test
    void anEndpointThatLeftIsForgottenWithAllItsBlocks() {
        index.add(blocks(1, 2, 3), A.endpoint(), 100);
        index.add(blocks(1, 2), B.endpoint(), 100);

        index.retainOnly(List.of(B.endpoint()));

        assertThat(index.match(blocks(1, 2, 3), ALL)).containsExactly(0, 2, 0);
        assertThat(index.size()).isEqualTo(2);
        assertThat(index.distinctBlocks()).isEqualTo(2);

        index.add(blocks(5), C.endpoint(), 100); // takes the number that A had
        assertThat(index.match(blocks(1, 2, 3), ALL)).containsExactly(0, 2, 0);
    }

    @Test
    void aNamesakeAtAnotherAddressInheritsNothing() {
        Endpoint successor = new Endpoint("pool", "a", InetSocketAddress.createUnresolved("127.0.0.1", 9999), Map.of());
        EndpointState candidate = new EndpointState(successor, A.metrics(), A.load(), A.breaker(), Candidates.NOW);
        index.add(blocks(1, 2, 3), A.endpoint(), 100);

        assertThat(index.match(blocks(1, 2, 3), List.of(candidate))).containsExactly(0);

        index.add(blocks(1), successor, 100);
        assertThat(index.match(blocks(1, 2, 3), List.of(candidate))).containsExactly(1);
        assertThat(index.size()).isEqualTo(1);
    }

    @Test
    void findsAHashOfZero() {
        index.add(blocks(0, 0), A.endpoint(), 100);

        assertThat(index.match(blocks(0), ALL)).containsExactly(1, 0, 0);
    }

    @Property(tries = 60)
    void agreesWithANaiveTwin(@ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int capacity) {
        Random random = new Random(seed);
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < 70; i++) { // more than fit into one word of a bit set
            candidates.add(Candidates.silent("e" + i));
        }
        ApproximatePrefixIndex tested = new ApproximatePrefixIndex();
        NaiveIndex twin = new NaiveIndex();
        for (int step = 0; step < 120; step++) {
            BlockHashes prompt = randomPrompt(random);
            assertThat(tested.match(prompt, candidates)).isEqualTo(twin.match(prompt, candidates));
            Endpoint endpoint =
                    candidates.get(random.nextInt(random.nextInt(1, 70))).endpoint();
            tested.add(prompt, endpoint, capacity);
            twin.add(prompt, endpoint, capacity);
            if (random.nextInt(20) == 0) {
                List<Endpoint> staying = new ArrayList<>();
                candidates.stream().filter(c -> random.nextInt(4) > 0).forEach(c -> staying.add(c.endpoint()));
                tested.retainOnly(staying);
                twin.retainOnly(staying);
            }
            assertThat(tested.size()).isEqualTo(twin.size());
            assertThat(tested.distinctBlocks()).isEqualTo(twin.distinctBlocks());
        }
    }

    @Test
    void manyThreadsMayMatchAddAndForgetAtOnce() throws Exception {
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            candidates.add(Candidates.silent("e" + i));
        }
        List<Endpoint> endpoints =
                candidates.stream().map(EndpointState::endpoint).toList();
        int capacity = 50;
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                long seed = thread;
                running.add(threads.submit(() -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 4000; i++) {
                        BlockHashes prompt = randomPrompt(random);
                        for (int match : index.match(prompt, candidates)) {
                            assertThat(match).isBetween(0, prompt.size());
                        }
                        index.add(prompt, endpoints.get(random.nextInt(10)), capacity);
                        if (i % 100 == 0) {
                            index.retainOnly(endpoints.subList(0, random.nextInt(10)));
                        }
                    }
                }));
            }
            for (Future<?> future : running) {
                future.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(index.size()).isLessThanOrEqualTo(10L * capacity);
        assertThat(index.distinctBlocks()).isLessThanOrEqualTo(index.size());
        index.retainOnly(List.of());
        assertThat(index.size()).isZero();
        assertThat(index.distinctBlocks()).isZero();
    }

    /** Prompts share prefixes as in life: block i is known by the choices made up to it. */
    private static BlockHashes randomPrompt(Random random) {
        long[] hashes = new long[random.nextInt(1, 25)];
        long chain = random.nextInt(3);
        for (int i = 0; i < hashes.length; i++) {
            chain = 31 * chain + (random.nextInt(6) == 0 ? random.nextInt(4) : 0) + 1;
            hashes[i] = chain * 0x9E3779B97F4A7C15L;
        }
        int cut = random.nextInt(hashes.length);
        return new BlockHashes(
                hashes, random.nextBoolean() ? new int[] {hashes.length} : new int[] {cut, hashes.length}, 64);
    }

    private static BlockHashes blocks(long... hashes) {
        return new BlockHashes(hashes, new int[] {hashes.length}, 64);
    }

    /** The same, written for reading only. */
    private static final class NaiveIndex {
        private final Map<String, LinkedHashSet<Long>> byEndpoint = new TreeMap<>();

        void add(BlockHashes blocks, Endpoint endpoint, int capacity) {
            LinkedHashSet<Long> recent = byEndpoint.computeIfAbsent(endpoint.name(), name -> new LinkedHashSet<>());
            for (int i = Math.min(capacity, blocks.size()) - 1; i >= 0; i--) {
                recent.remove(blocks.hash(i));
                recent.add(blocks.hash(i));
            }
            while (recent.size() > capacity) {
                recent.remove(recent.iterator().next());
            }
        }

        int[] match(BlockHashes blocks, List<EndpointState> candidates) {
            int[] matches = new int[candidates.size()];
            Arrays.setAll(matches, i -> match(blocks, candidates.get(i).endpoint()));
            return matches;
        }

        private int match(BlockHashes blocks, Endpoint endpoint) {
            LinkedHashSet<Long> held = byEndpoint.getOrDefault(endpoint.name(), new LinkedHashSet<>());
            int sum = 0;
            for (int prompt = 0; prompt < blocks.prompts(); prompt++) {
                for (int i = blocks.start(prompt); i < blocks.end(prompt) && held.contains(blocks.hash(i)); i++) {
                    sum++;
                }
            }
            return sum;
        }

        void retainOnly(List<Endpoint> endpoints) {
            byEndpoint.keySet().retainAll(endpoints.stream().map(Endpoint::name).toList());
        }

        long size() {
            return byEndpoint.values().stream().mapToLong(LinkedHashSet::size).sum();
        }

        long distinctBlocks() {
            return byEndpoint.values().stream()
                    .flatMap(LinkedHashSet::stream)
                    .distinct()
                    .count();
        }
    }
}
