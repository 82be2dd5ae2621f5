package io.bactrian.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
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

    @Test
    void whatWasSentBeforeAMissedBlockIsForgotten() {
        computed(index.add(blocks(5, 6), A.endpoint(), 100));
        computed(index.add(blocks(1, 2), A.endpoint(), 100));
        computed(index.add(blocks(8, 9), A.endpoint(), 100));

        int dropped = index.add(blocks(1, 2), A.endpoint(), 100).reported(1);

        assertThat(dropped).isEqualTo(2);
        assertThat(index.match(blocks(5, 6), ALL)).containsExactly(0, 0, 0);
        assertThat(index.match(blocks(8, 9), ALL)).as("sent later").containsExactly(2, 0, 0);
        assertThat(index.match(blocks(1, 2), ALL)).as("computed again").containsExactly(2, 0, 0);
    }

    @Test
    void aBlockMissedTwiceInARowCountsForNothingUntilItIsFound() {
        computed(index.add(blocks(1, 2, 3), A.endpoint(), 100));
        for (int i = 0; i < 2; i++) {
            ApproximatePrefixIndex.Sent sent = index.add(blocks(1, 2, 3), A.endpoint(), 100);
            sent.reported(1);
            sent.computed();
        }
        assertThat(index.match(blocks(1, 2, 3), ALL)).containsExactly(1, 0, 0);
        assertThat(index.distinctBlocks()).isEqualTo(1);

        computed(index.add(blocks(1, 2, 3), A.endpoint(), 100));
        assertThat(index.match(blocks(1, 2, 3), ALL)).as("sent, not found").containsExactly(1, 0, 0);

        index.add(blocks(1, 2, 3), A.endpoint(), 100).reported(3);
        assertThat(index.match(blocks(1, 2, 3), ALL)).containsExactly(3, 0, 0);
    }

    @Test
    void aBlockThatMayNotHaveBeenComputedYetIsNotMissed() {
        computed(index.add(blocks(7), A.endpoint(), 100));
        ApproximatePrefixIndex.Sent first = index.add(blocks(1, 2), A.endpoint(), 100);

        for (int i = 0; i < 3; i++) {
            assertThat(index.add(blocks(1, 2), A.endpoint(), 100).reported(0)).isZero();
        }
        first.computed();

        assertThat(index.match(blocks(1, 2), ALL)).containsExactly(2, 0, 0);
        assertThat(index.match(blocks(7), ALL)).containsExactly(1, 0, 0);
    }

    @Test
    void aReportForAnEndpointThatLeftChangesNothing() {
        computed(index.add(blocks(1, 2), A.endpoint(), 100));
        ApproximatePrefixIndex.Sent sent = index.add(blocks(1, 2), A.endpoint(), 100);
        index.retainOnly(List.of());
        index.add(blocks(1, 2), B.endpoint(), 100); // takes the number that A had

        assertThat(sent.reported(0)).isZero();
        assertThat(index.match(blocks(1, 2), ALL)).containsExactly(0, 2, 0);
    }

    /** The endpoint's cache is a fifth of what the index takes it for. */
    @Property(tries = 20)
    void reportsBringTheIndexNearerToTheTruth(@ForAll long seed) {
        assertThat(error(seed, true)).isLessThan(error(seed, false) / 2);
    }

    /** Returns by how many blocks predictions were off. */
    private static long error(long seed, boolean reporting) {
        Random random = new Random(seed);
        ApproximatePrefixIndex tested = new ApproximatePrefixIndex();
        NaiveIndex cache = new NaiveIndex();
        long error = 0;
        for (int i = 0; i < 2000; i++) {
            long session = 1L + random.nextInt(60);
            BlockHashes prompt = blocks(LongStream.range(0, 5 + random.nextInt(5))
                    .map(block -> 1000 * session + block)
                    .toArray());
            int held = cache.match(prompt, List.of(A))[0];
            error += Math.abs(tested.match(prompt, List.of(A))[0] - held);
            ApproximatePrefixIndex.Sent sent = tested.add(prompt, A.endpoint(), 500);
            cache.add(prompt, A.endpoint(), 100).computed();
            if (reporting) {
                sent.reported(held);
            }
            sent.computed();
        }
        return error;
    }

    /** Nobody ever sends the same again; what is remembered stays within the capacity, in the table's arrays, too. */
    @Test
    void memoryIsBoundedUnderPromptsThatNeverComeAgain() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            long[] hashes = random.longs(50).toArray();
            computed(index.add(blocks(hashes), ALL.get(i % 3).endpoint(), 1000));
        }

        assertThat(index.size()).isEqualTo(3000);
        assertThat(index.distinctBlocks()).isEqualTo(3000);
        assertThat(index.slots()).isLessThan(8 * 3000); // 256 stripes of at least 16 slots, at most 3/8 full when made
    }

    private static void computed(ApproximatePrefixIndex.Sent sent) {
        sent.computed();
    }

    /** Capacities change with every prompt, reports come late or never, and prompts overlap. */
    @Property(tries = 60)
    void agreesWithANaiveTwin(@ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int capacity) {
        Random random = new Random(seed);
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < 70; i++) { // more than fit into one word of a bit set
            candidates.add(Candidates.silent("e" + i));
        }
        ApproximatePrefixIndex tested = new ApproximatePrefixIndex();
        NaiveIndex twin = new NaiveIndex();
        List<ApproximatePrefixIndex.Sent> sent = new ArrayList<>();
        List<NaiveIndex.Sent> twinSent = new ArrayList<>();
        for (int step = 0; step < 120; step++) {
            BlockHashes prompt = randomPrompt(random);
            assertThat(tested.match(prompt, candidates)).isEqualTo(twin.match(prompt, candidates));
            Endpoint endpoint =
                    candidates.get(random.nextInt(random.nextInt(1, 70))).endpoint();
            int now = random.nextInt(1, capacity + 1);
            sent.add(tested.add(prompt, endpoint, now));
            twinSent.add(twin.add(prompt, endpoint, now));
            if (random.nextInt(3) > 0) {
                int which = random.nextInt(sent.size());
                int held = random.nextInt(25);
                assertThat(sent.get(which).reported(held))
                        .isEqualTo(twinSent.get(which).reported(held));
                sent.remove(which).computed();
                twinSent.remove(which).computed();
            }
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
        private final Map<String, History> byEndpoint = new TreeMap<>();

        private record Entry(int turn, int misses) {
            boolean isShown() {
                return misses < 2;
            }
        }

        private static final class History {
            final LinkedHashMap<Long, Entry> entries = new LinkedHashMap<>();
            final Set<Integer> computing = new HashSet<>();
            int turn;
        }

        final class Sent {
            private final History history;
            private final BlockHashes blocks;
            private final List<Entry> before = new ArrayList<>(); // of the leading blocks that were there
            private final Set<Integer> computingBefore;
            private final int turn;

            Sent(History history, BlockHashes blocks, int capacity) {
                this.history = history;
                this.blocks = blocks;
                this.computingBefore = Set.copyOf(history.computing);
                this.turn = ++history.turn;
                // As blocks are noted from the last to the first, one that stands twice is there when its first is
                // noted.
                for (int i = Math.min(capacity, blocks.size()) - 1; i >= 0; i--) {
                    Entry old = history.entries.remove(blocks.hash(i));
                    history.entries.put(blocks.hash(i), new Entry(turn, old == null ? 0 : old.misses()));
                    if (old == null) {
                        before.clear();
                    } else {
                        before.add(0, old);
                    }
                }
                history.computing.add(turn);
                while (history.entries.size() > capacity) {
                    history.entries.remove(history.entries.keySet().iterator().next());
                }
            }

            void computed() {
                history.computing.remove(turn);
            }

            int reported(int held) {
                if (!byEndpoint.containsValue(history)) {
                    return 0;
                }
                for (int i = 0; i < Math.min(held, before.size()); i++) {
                    history.entries.computeIfPresent(blocks.hash(i), (hash, entry) -> new Entry(entry.turn(), 0));
                }
                if (held >= before.size()
                        || computingBefore.contains(before.get(held).turn())
                        || before.get(held).turn() == turn) {
                    return 0;
                }
                int shown = 0;
                int size = history.entries.size();
                for (long hash : List.copyOf(history.entries.keySet())) {
                    int last = Objects.requireNonNull(history.entries.get(hash)).turn();
                    if (last > before.get(held).turn() || history.computing.contains(last)) {
                        break;
                    }
                    history.entries.remove(hash);
                }
                for (int i = held; i < before.size(); i++) {
                    Entry entry = history.entries.get(blocks.hash(i));
                    if (entry != null && entry.isShown()) {
                        Entry missed = new Entry(entry.turn(), entry.misses() + 1);
                        history.entries.put(blocks.hash(i), missed);
                        shown += missed.isShown() ? 0 : 1;
                    }
                }
                return size - history.entries.size() + shown;
            }
        }

        Sent add(BlockHashes blocks, Endpoint endpoint, int capacity) {
            return new Sent(byEndpoint.computeIfAbsent(endpoint.name(), name -> new History()), blocks, capacity);
        }

        int[] match(BlockHashes blocks, List<EndpointState> candidates) {
            int[] matches = new int[candidates.size()];
            Arrays.setAll(matches, i -> match(blocks, candidates.get(i).endpoint()));
            return matches;
        }

        private int match(BlockHashes blocks, Endpoint endpoint) {
            History history = byEndpoint.getOrDefault(endpoint.name(), new History());
            int sum = 0;
            for (int prompt = 0; prompt < blocks.prompts(); prompt++) {
                for (int i = blocks.start(prompt); i < blocks.end(prompt) && isHeld(history, blocks.hash(i)); i++) {
                    sum++;
                }
            }
            return sum;
        }

        private static boolean isHeld(History history, long hash) {
            Entry entry = history.entries.get(hash);
            return entry != null && entry.isShown();
        }

        void retainOnly(List<Endpoint> endpoints) {
            byEndpoint.keySet().retainAll(endpoints.stream().map(Endpoint::name).toList());
        }

        long size() {
            return byEndpoint.values().stream()
                    .mapToLong(history -> history.entries.size())
                    .sum();
        }

        long distinctBlocks() {
            return byEndpoint.values().stream()
                    .flatMap(history -> history.entries.entrySet().stream())
                    .filter(entry -> entry.getValue().isShown())
                    .map(Map.Entry::getKey)
                    .distinct()
                    .count();
        }
    }
}
