package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RemoteBlocksTest {
    // 1 ms to set up, 1 ms a token.
    private static final TransferCost COST = new TransferCost(1e6, 1000, 1e6);
    private static final Duration LEASE = Duration.ofSeconds(1);
    private static final Duration AT_ONCE = Duration.ZERO;

    private final EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
    private final RemoteBlocks remote = new RemoteBlocks(run.engine, COST, LEASE);
    private final List<ReadOutcome> offers = new ArrayList<>();
    private final List<String> reads = new ArrayList<>();

    @Test
    void keepsTheBlocksUntilTheyAreRead() {
        offer("a");
        assertThat(run.engine.referencedBlocks()).isEqualTo(3);
        assertThat(remote.pinnedBlocks()).isEqualTo(3);

        read("a", 0, AT_ONCE);
        run.advanceMillis(10);
        assertThat(remote.pinnedBlocks()).isEqualTo(3);
        run.advanceMillis(1);

        assertThat(reads).containsExactly("READ after 11");
        assertThat(offers).containsExactly(ReadOutcome.READ);
        assertThat(run.engine.referencedBlocks()).isZero();
        assertThat(remote.counts().transferredBytes()).isEqualTo(10_000);
    }

    @Test
    void movesOnlyWhatTheReaderLacks() {
        offer("a");
        read("a", 8, AT_ONCE);
        run.advanceMillis(3);

        assertThat(reads).containsExactly("READ after 3");
        assertThat(remote.counts().transferredBytes()).isEqualTo(2_000);
    }

    @Test
    void freesTheBlocksWhenTheLeaseRunsOut() {
        offer("a");
        run.advanceMillis(1000);
        assertThat(remote.pinnedBlocks()).isZero();
        assertThat(run.engine.referencedBlocks()).isZero();

        read("a", 0, Duration.ofMillis(5));
        run.advanceMillis(0);

        assertThat(reads).containsExactly("EXPIRED after 0");
        assertThat(offers).containsExactly(ReadOutcome.EXPIRED);
        assertThat(remote.counts().expiredLeases()).isEqualTo(1);
        assertThat(remote.counts().reads(ReadOutcome.EXPIRED)).isEqualTo(1);
    }

    @Test
    void aReadThatOutlastsTheLeaseFails() {
        offer("a");
        run.advanceMillis(995);
        read("a", 0, AT_ONCE);
        run.advanceMillis(100);

        assertThat(reads).containsExactly("EXPIRED after 5");
        assertThat(remote.counts().transferredBytes()).isZero();
        assertThat(run.engine.referencedBlocks()).isZero();
    }

    @Test
    void hasOneConsumer() {
        offer("a");
        read("a", 0, AT_ONCE);
        read("a", 0, AT_ONCE);
        run.advanceMillis(11);
        read("a", 0, AT_ONCE);
        run.advanceMillis(1);

        assertThat(reads).containsExactly("TAKEN after 0", "READ after 11", "TAKEN after 0");
        assertThat(remote.counts().reads(ReadOutcome.TAKEN)).isEqualTo(2);
    }

    @Test
    void aReadGivenUpLeavesTheBlocksToAnotherOrToTheLease() {
        offer("a");
        Runnable cancel = read("a", 0, AT_ONCE);
        run.advanceMillis(5);
        cancel.run();
        run.advanceMillis(50);
        assertThat(remote.pinnedBlocks()).isEqualTo(3);

        read("a", 0, AT_ONCE);
        run.advanceMillis(11);

        assertThat(reads).containsExactly("READ after 11");
    }

    @Test
    void aReaderWaitsForTheOfferAsLongAsItsPatienceLasts() {
        read("a", 0, Duration.ofMillis(100));
        read("never", 0, Duration.ofMillis(100));
        offer("a");
        run.advanceMillis(100);

        assertThat(reads).containsExactly("READ after 25", "UNKNOWN after 100");
        assertThat(run.engine.referencedBlocks()).isZero();
    }

    @Test
    void aReaderThatLeftWhileWaitingDoesNotTakeTheOffer() {
        Runnable cancel = read("a", 0, Duration.ofMillis(100));
        cancel.run();
        offer("a");
        run.advanceMillis(100);

        assertThat(reads).isEmpty();
        assertThat(remote.pinnedBlocks()).isEqualTo(3);
    }

    @Test
    void knowsNamesThatAreOver() {
        assertThat(remote.knows("a")).isFalse();
        offer("a");
        assertThat(remote.knows("a")).isTrue();
        run.advanceMillis(1000);
        assertThat(remote.knows("a")).isTrue();
    }

    @Test
    void keptBlocksHoldWaitingPromptsBack() {
        EngineRun small = new EngineRun(EngineRun.options(4, 100, 4));
        RemoteBlocks kept = new RemoteBlocks(small.engine, COST, LEASE);
        EngineRun.Handle first = submitKept(small, "a");
        small.advanceMillis(14);
        kept.offer("a", first.sequence, outcome -> {});

        EngineRun.Handle second = small.submit("b", 10, 1);
        small.advanceMillis(900);
        assertThat(second.tokenMillis).isEmpty();
        small.advanceMillis(200);

        assertThat(second.tokenMillis).containsExactly(14 + 1000 + 14.0);
    }

    /** Computes 10 tokens in 14 ms, then offers their 3 blocks. */
    private void offer(String name) {
        EngineRun.Handle handle = submitKept(run, name);
        run.advanceMillis(14);
        remote.offer(name, handle.sequence, offers::add);
        assertThat(handle.sequence.blockIds()).hasSize(3).doesNotHaveDuplicates();
    }

    private Runnable read(String name, int localTokens, Duration patience) {
        long begun = run.clock.nanoTime();
        return remote.read(
                name,
                localTokens,
                patience,
                outcome -> reads.add(outcome + " after " + (run.clock.nanoTime() - begun) / EngineRun.MILLI));
    }

    private static EngineRun.Handle submitKept(EngineRun run, String id) {
        SequenceRequest request = new SequenceRequest(
                id, EngineRun.range(1, 10), new OneToken(), id.hashCode(), OptionalInt.of(1), Handoff.KEEP);
        return run.submit(request);
    }

    private record OneToken() implements OutputTokens {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public int id(int index) {
            return 7;
        }

        @Override
        public FinishReason finishReason() {
            return FinishReason.LENGTH;
        }
    }
}
