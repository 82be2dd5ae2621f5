package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import java.util.function.IntConsumer;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ExternalKvTest {
    private static final Offset<Double> EXACT = Assertions.within(1e-6);

    private final EngineRun run = new EngineRun(EngineRun.options(2, 100, 100));

    @Test
    void whatIsLoadedNeedsNoPrefill() {
        EngineRun.Handle handle = submit("a", 40, 10);
        run.clock.runUntilIdle();

        // 10 ms until it is loaded, then a step of 4 ms for the last token.
        assertThat(handle.tokenMillis.get(0)).isEqualTo(10 + 4 + 1, EXACT);
        assertThat(handle.sequence.cachedTokens()).isEqualTo(39);
        assertThat(handle.sequence.loadedTokens()).isEqualTo(39);
        assertThat(run.engine.metrics().externalCacheHits()).isEqualTo(39);
        assertThat(run.engine.metrics().externalCacheQueries()).isEqualTo(40);
        assertThat(run.engine.metrics().prefixCacheHits()).isZero();
        assertThat(run.engine.referencedBlocks()).isZero();
    }

    @Test
    void whatDidNotComeIsComputed() {
        EngineRun.Handle handle = submit("a", 0, 10);
        run.clock.runUntilIdle();

        assertThat(handle.tokenMillis.get(0)).isEqualTo(10 + 4 + 40, EXACT);
        assertThat(handle.sequence.cachedTokens()).isZero();
    }

    @Test
    void aLoadHoldsBlocksButNoSeat() {
        submit("a", 40, 1000);
        submit("b", 40, 1000);
        EngineRun.Handle other = run.submit("c", 10, 1);
        run.advanceMillis(14);

        assertThat(other.tokenMillis).hasSize(1);
        assertThat(run.engine.waiting()).isEqualTo(2);
        assertThat(run.engine.running()).isZero();
        assertThat(run.engine.referencedBlocks()).isEqualTo(20);
    }

    @Test
    void whatIsLoadedWaitsForASeat() {
        run.submit("a", 10, 4);
        run.submit("b", 10, 4);
        EngineRun.Handle loaded = submit("c", 40, 1);
        run.clock.runUntilIdle();

        // It is only taken from the queue when a seat is free: the others end together after 4 steps.
        assertThat(loaded.tokenMillis.get(0)).isGreaterThan(24 + 3 * 8);
        assertThat(loaded.sequence.loadedTokens()).isEqualTo(39);
    }

    @Test
    void asksOnlyForWhatThePrefixCacheLacks() {
        run.submit("first", EngineRun.range(1, 40), 1);
        run.clock.runUntilIdle();
        int[] local = {-1};

        run.submit(request("second", EngineRun.range(1, 60), (localTokens, loaded) -> {
            local[0] = localTokens;
            run.clock.schedule(0, () -> loaded.accept(60));
            return () -> {};
        }));
        run.clock.runUntilIdle();

        assertThat(local[0]).isEqualTo(40);
        assertThat(run.engine.metrics().prefixCacheHits()).isEqualTo(40);
        assertThat(run.engine.metrics().externalCacheHits()).isEqualTo(19);
    }

    @Test
    void whoLeavesWhileLoadingGivesTheLoadUp() {
        boolean[] cancelled = {false};
        EngineRun.Handle handle =
                run.submit(request("a", EngineRun.range(1, 40), (localTokens, loaded) -> () -> cancelled[0] = true));
        run.advanceMillis(1);

        run.engine.abort(handle.sequence);

        assertThat(cancelled[0]).isTrue();
        assertThat(run.engine.referencedBlocks()).isZero();
        assertThat(run.engine.waiting()).isZero();
    }

    @Test
    void blocksThatWereLoadedAreFoundAgain() {
        submit("a", 40, 1);
        run.clock.runUntilIdle();

        assertThat(run.engine.cachedTokens(EngineRun.range(1, 40), 0)).isEqualTo(40);
    }

    private EngineRun.Handle submit(String id, int tokensThatCome, long afterMillis) {
        return run.submit(request(id, EngineRun.range(1, 40), (localTokens, loaded) -> {
            schedule(afterMillis, loaded, tokensThatCome);
            return () -> {};
        }));
    }

    private void schedule(long afterMillis, IntConsumer loaded, int tokens) {
        run.clock.schedule(afterMillis * EngineRun.MILLI, () -> loaded.accept(tokens));
    }

    private static SequenceRequest request(String id, TokenIds prompt, ExternalKv source) {
        SequenceRequest plain = EngineRun.request(id, prompt, 1);
        return new SequenceRequest(id, prompt, plain.output(), 0, OptionalInt.empty(), Handoff.from(source));
    }
}
