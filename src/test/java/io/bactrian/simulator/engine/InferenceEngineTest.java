package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class InferenceEngineTest {
    private static final Offset<Double> EXACT = within(1e-6);

    @Test
    void takesAStepForThePromptAndOneForEachFurtherToken() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));

        EngineRun.Handle handle = run.submit("a", 10, 3);
        run.clock.runUntilIdle();

        // 4 + 10, then 4 + 2 + 0.011 and 4 + 2 + 0.012.
        assertThat(handle.tokenMillis).hasSize(3);
        assertThat(handle.tokenMillis.get(0)).isEqualTo(14, EXACT);
        assertThat(handle.tokenMillis.get(1)).isEqualTo(20.011, EXACT);
        assertThat(handle.tokenMillis.get(2)).isEqualTo(26.023, EXACT);
        assertThat(handle.sequence.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(run.finished).containsExactly(handle.sequence);
    }

    @Test
    void batchesWhatArrivesAtTheSameMoment() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));

        EngineRun.Handle first = run.submit("a", 10, 1);
        EngineRun.Handle second = run.submit("b", 20, 1);
        run.clock.runUntilIdle();

        assertThat(first.tokenMillis.get(0)).isEqualTo(34, EXACT);
        assertThat(second.tokenMillis.get(0)).isEqualTo(34, EXACT);
    }

    @Test
    void readsLongPromptsInChunksThatDelayRunningSequences() {
        EngineRun run = new EngineRun(EngineRun.options(4, 50, 100));
        EngineRun.Handle running = run.submit("a", 10, 4);
        run.advanceMillis(14);

        EngineRun.Handle late = run.submit("b", 120, 1);
        run.clock.runUntilIdle();

        // The step under way ends at 20.011; then chunks of 49, 49 and 22 tokens beside one decoding sequence.
        assertThat(running.tokenMillis.get(1)).isEqualTo(20.011, EXACT);
        assertThat(running.tokenMillis.get(2)).isEqualTo(20.011 + 6.012 + 49, EXACT);
        assertThat(running.tokenMillis.get(3)).isEqualTo(75.023 + 6.013 + 49, EXACT);
        // The running sequence has ended: the last chunk is alone in its step.
        assertThat(late.tokenMillis.get(0)).isEqualTo(130.036 + 4 + 22, EXACT);
    }

    @Test
    void letsNobodyInBeyondTheSeats() {
        EngineRun run = new EngineRun(EngineRun.options(1, 100, 100));
        EngineRun.Handle first = run.submit("a", 10, 2);
        EngineRun.Handle second = run.submit("b", 10, 1);

        run.advanceMillis(15);
        assertThat(run.engine.running()).isEqualTo(1);
        assertThat(run.engine.waiting()).isEqualTo(1);

        run.clock.runUntilIdle();
        assertThat(second.tokenMillis.get(0)).isGreaterThan(first.tokenMillis.get(1));
    }

    @Test
    void letsNobodyInWithoutBlocksForTheWholePromptAndKeepsTheOrder() {
        // 5 blocks of 4 tokens; a takes 3 of them.
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 5));
        run.submit("a", 11, 1);
        EngineRun.Handle big = run.submit("b", 12, 1);
        EngineRun.Handle small = run.submit("c", 4, 1);

        run.advanceMillis(1);
        assertThat(run.engine.running()).isEqualTo(1);
        assertThat(run.engine.waiting()).isEqualTo(2);

        run.clock.runUntilIdle();
        assertThat(small.tokenMillis.get(0)).isGreaterThanOrEqualTo(big.tokenMillis.get(0));
    }

    @Test
    void takesBlocksBackFromTheYoungestWhenTheyRunOut() {
        // 4 blocks of 4 tokens: two prompts of 6 take them all, and both need a third block for their ninth token.
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 4));
        EngineRun.Handle old = run.submit("a", 6, 8);
        EngineRun.Handle young = run.submit("b", 6, 8);

        run.clock.runUntilIdle();

        assertThat(run.engine.metrics().preemptions()).isEqualTo(1);
        assertThat(run.finished).containsExactly(old.sequence, young.sequence);
        assertThat(old.tokenMillis).hasSize(8);
        assertThat(young.tokenMillis).hasSize(8);
        assertThat(young.tokenMillis.get(7)).isGreaterThan(old.tokenMillis.get(7));
        assertThat(run.engine.referencedBlocks()).isZero();
    }

    @Test
    void endsAnAnswerThatOutgrowsTheWholeCache() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 2));

        EngineRun.Handle handle = run.submit("a", 6, 100);
        EngineRun.Handle next = run.submit("b", 4, 1);
        run.clock.runUntilIdle();

        // 8 tokens fit; the ninth has no place, so the third generated token is the last one.
        assertThat(handle.sequence.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(handle.tokenMillis).hasSize(3);
        assertThat(next.sequence.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void endsTwoThatTogetherOutgrowTheWholeCache() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 3));

        EngineRun.Handle first = run.submit("a", 4, 100);
        EngineRun.Handle second = run.submit("b", 4, 100);
        run.clock.runUntilIdle();

        assertThat(first.sequence.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(second.sequence.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(run.engine.referencedBlocks()).isZero();
    }

    @Test
    void refusesAPromptThatCanNeverFit() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 2));

        assertThat(run.submit("a", 9, 1).submission).isEqualTo(new Submission.NeverFits(3, 2));
        assertThat(run.submit("b", 8, 1).submission).isInstanceOf(Submission.Accepted.class);
    }

    @Test
    void refusesTheThirdOfOneSeatAndOneWaitingPlace() {
        EngineOptions options = EngineRun.options(1, 100, 100);
        EngineRun run = new EngineRun(new EngineOptions(1, 100, 1, 100, 4, true, options.latency(), options.seed()));

        assertThat(run.submit("a", 4, 2).submission).isInstanceOf(Submission.Accepted.class);
        assertThat(run.submit("b", 4, 2).submission).isInstanceOf(Submission.Accepted.class);
        assertThat(run.submit("c", 4, 2).submission).isEqualTo(new Submission.QueueFull(2));

        run.advanceMillis(1);
        assertThat(run.submit("d", 4, 2).submission).isEqualTo(new Submission.QueueFull(1));
    }

    @Test
    void freesTheBlocksOfAnAbortedSequenceForTheNextStep() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 4));
        EngineRun.Handle first = run.submit("a", 12, 100);
        EngineRun.Handle second = run.submit("b", 12, 1);
        run.advanceMillis(17);
        assertThat(first.tokenMillis).hasSize(1);
        assertThat(run.engine.waiting()).isEqualTo(1);

        run.engine.abort(first.sequence);

        assertThat(run.engine.running()).isZero();
        assertThat(run.engine.referencedBlocks()).isZero();
        run.clock.runUntilIdle();
        assertThat(first.tokenMillis).hasSize(1);
        assertThat(run.finished).containsExactly(second.sequence);
        assertThat(run.engine.metrics().finished(FinishReason.ABORT)).isEqualTo(1);
    }

    @Test
    void forgetsAnAbortedSequenceThatWaited() {
        EngineRun run = new EngineRun(EngineRun.options(1, 100, 100));
        run.submit("a", 4, 3);
        EngineRun.Handle waiting = run.submit("b", 4, 3);
        run.advanceMillis(1);

        run.engine.abort(waiting.sequence);
        run.engine.abort(waiting.sequence);

        run.clock.runUntilIdle();
        assertThat(waiting.tokenMillis).isEmpty();
        assertThat(run.engine.metrics().finished(FinishReason.ABORT)).isEqualTo(1);
    }

    @Test
    void reusesWhatAnEqualPromptHasComputed() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
        run.submit("a", EngineRun.range(1, 10), 1);
        run.clock.runUntilIdle();
        double before = (double) run.clock.nanoTime() / EngineRun.MILLI;

        EngineRun.Handle again = run.submit("b", EngineRun.range(1, 12), 1);
        run.clock.runUntilIdle();

        // Two full blocks of the first prompt are found; 4 of 12 tokens are left to read.
        assertThat(again.sequence.cachedTokens()).isEqualTo(8);
        assertThat(again.tokenMillis.get(0)).isEqualTo(before + 4 + 4, EXACT);
        assertThat(run.engine.metrics().prefixCacheHits()).isEqualTo(8);
        assertThat(run.engine.metrics().prefixCacheQueries()).isEqualTo(22);
    }

    @Test
    void reusesWhatItGenerated() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
        EngineRun.Handle first = run.submit("a", EngineRun.range(1, 6), 7);
        run.clock.runUntilIdle();
        TokenIds conversation = EngineRun.range(1, 6);
        for (int i = 0; i < 7; i++) {
            conversation.add(first.sequence.request.output().id(i));
        }

        EngineRun.Handle next = run.submit("b", conversation, 1);
        run.clock.runUntilIdle();

        // 13 tokens; the last generated one was never computed, so 12 of them fill three blocks.
        assertThat(next.sequence.cachedTokens()).isEqualTo(12);
    }

    @Test
    void sharesNothingUnderAnotherRoot() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
        run.submit("a", EngineRun.range(1, 8), 1);
        run.clock.runUntilIdle();
        SequenceRequest same = EngineRun.request("b", EngineRun.range(1, 8), 1);
        SequenceRequest salted = new SequenceRequest("c", same.prompt(), same.output(), 99, same.maxTokens());

        Submission submission = run.engine.submit(salted, run.new Handle());
        run.clock.runUntilIdle();

        assertThat(((Submission.Accepted) submission).sequence().cachedTokens()).isZero();
    }

    @Test
    void evictsWhatWasUsedLongestAgoFromItsEnd() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 4));

        run.submit("a", EngineRun.range(1, 8), 1);
        run.clock.runUntilIdle();
        assertThat(run.stored).containsExactly("1..4", "5..8");

        EngineRun.Handle again = run.submit("b", EngineRun.range(1, 8), 1);
        run.clock.runUntilIdle();
        assertThat(again.sequence.cachedTokens()).isEqualTo(8);
        assertThat(run.stored).hasSize(2);
        assertThat(run.removed).isEmpty();

        run.submit("c", EngineRun.range(101, 116), 1);
        run.clock.runUntilIdle();
        assertThat(run.removed).hasSize(2);
        assertThat(run.stored).hasSize(6);

        // The end of a prompt goes first: after one more block its beginning is still there.
        run.submit("d", EngineRun.range(201, 204), 1);
        run.clock.runUntilIdle();
        EngineRun.Handle beginning = run.submit("e", EngineRun.range(101, 116), 1);
        run.clock.runUntilIdle();
        assertThat(beginning.sequence.cachedTokens()).isEqualTo(12);
    }

    @Test
    void computesEverythingWithoutPrefixCache() {
        EngineOptions options = EngineRun.options(4, 100, 100);
        EngineRun run = new EngineRun(new EngineOptions(4, 100, 10, 100, 4, false, options.latency(), 0));
        run.submit("a", EngineRun.range(1, 8), 1);
        run.clock.runUntilIdle();

        EngineRun.Handle again = run.submit("b", EngineRun.range(1, 8), 1);
        run.clock.runUntilIdle();

        assertThat(again.sequence.cachedTokens()).isZero();
        assertThat(run.engine.cachedBlocks()).isZero();
    }

    @Test
    void goesSlowerWhenToldAndStandsStillWhileItHangs() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
        run.engine.slow(2);
        EngineRun.Handle handle = run.submit("a", 10, 2);
        run.advanceMillis(28);
        assertThat(handle.tokenMillis).hasSize(1);

        run.engine.slow(1);
        run.engine.hang(Duration.ofMillis(500));
        run.advanceMillis(499);
        assertThat(handle.tokenMillis).hasSize(1);
        run.advanceMillis(1);
        assertThat(handle.tokenMillis).hasSize(2);
        assertThatThrownBy(() -> run.engine.slow(0)).hasMessageContaining("factor: 0.0 (expected: > 0)");
    }

    @Test
    void changesItsLatencyUnderWay() {
        EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
        EngineRun.Handle handle = run.submit("a", 10, 4);
        run.advanceMillis(15);

        run.engine.changeLatency(new ConstantLatency(100e6, 0, new SequenceLatency.TokenLatency(50e6, 0, 1)));
        run.advanceMillis(50);
        assertThat(handle.tokenMillis).hasSize(2);
        assertThat(handle.tokenMillis.get(1)).isEqualTo(65, EXACT);

        run.engine.changeLatency(StepLatency.NONE);
        run.clock.runUntilIdle();
        assertThat(handle.tokenMillis).hasSize(4);
        assertThat(run.engine.referencedBlocks()).isZero();
    }

    @Test
    void makesUpForTimersThatComeLate() {
        VirtualClock exact = new VirtualClock();
        SimulationClock late = new SimulationClock() {
            @Override
            public long nanoTime() {
                return exact.nanoTime();
            }

            @Override
            public void schedule(long delayNanos, Runnable action) {
                exact.schedule(Math.max(0, delayNanos) + EngineRun.MILLI, action);
            }
        };
        EngineOptions options = new EngineOptions(1, 100, 10, 1000, 4, true, new StepLatency(2e6, 0, 0, 0, 0), 0);
        InferenceEngine engine = new InferenceEngine(options, late);

        engine.submit(EngineRun.request("a", TokenIds.of(1), 500), new EngineRun(options).new Handle());
        exact.runUntilIdle();

        // 500 steps of 2 ms, and the delays of the first timer and the last, not of all 500.
        assertThat(exact.nanoTime()).isEqualTo(1002 * EngineRun.MILLI);
    }

    @Test
    void repeatsARunExactly() {
        assertThat(randomRun(5)).isEqualTo(randomRun(5)).isNotEqualTo(randomRun(6));
    }

    @Test
    void keepsItsBooksThroughRandomWork() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            EngineRun run = new EngineRun(EngineRun.options(1 + random.nextInt(6), 16, 12));
            List<EngineRun.Handle> handles = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int shared = random.nextInt(4);
                TokenIds prompt = EngineRun.range(1000 * shared, 1000 * shared + random.nextInt(30));
                handles.add(run.submit("r" + i, prompt, 1 + random.nextInt(20)));
                run.clock.advance(Duration.ofNanos(random.nextInt(60_000_000)));
                if (random.nextInt(4) == 0) {
                    run.engine.abort(handles.get(random.nextInt(handles.size())).sequence);
                }
                assertThat(run.engine.referencedBlocks()).isBetween(0, 12);
                assertThat(run.engine.cachedBlocks()).isEqualTo(run.stored.size() - run.removed.size());
            }
            run.clock.runUntilIdle();

            EngineMetrics metrics = run.engine.metrics();
            long ended = metrics.finished(FinishReason.STOP)
                    + metrics.finished(FinishReason.LENGTH)
                    + metrics.finished(FinishReason.ABORT);
            assertThat(ended).as("seed %d", seed).isEqualTo(200);
            assertThat(run.engine.running() + run.engine.waiting()).isZero();
            assertThat(run.engine.referencedBlocks()).isZero();
            assertThat(run.engine.cachedBlocks()).isLessThanOrEqualTo(12);
        }
    }

    private static List<List<Double>> randomRun(long seed) {
        EngineOptions options = new EngineOptions(
                4,
                100,
                100,
                50,
                4,
                true,
                new PerTokenLatency(30e6, 1e6, 5e6, new SequenceLatency.TokenLatency(12e6, 3e6, 2)),
                seed);
        EngineRun run = new EngineRun(options);
        List<EngineRun.Handle> handles = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            handles.add(run.submit("r" + i, 10 + i, 5));
            run.advanceMillis(7);
        }
        run.clock.runUntilIdle();
        return handles.stream().map(handle -> handle.tokenMillis).toList();
    }
}
