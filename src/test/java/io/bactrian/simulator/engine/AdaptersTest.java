package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** LoRA adapters of an engine: a step takes 4 ms, a prompt token 1 ms, a decoding sequence 2 ms. */
class AdaptersTest {
    private static final int PROMPT = 4;

    private final EngineRun run = new EngineRun(options(1, Duration.ofMillis(100)));

    private static EngineOptions options(int places, Duration... loadTimes) {
        return new EngineOptions(
                8,
                100,
                100,
                100,
                4,
                true,
                new StepLatency(4e6, 0, 1e6, 2e6, 0),
                7,
                new AdapterOptions(places, List.of(loadTimes)));
    }

    @Test
    void aSequenceWaitsForItsAdapterToBeLoadedAndStopsNobodyElse() {
        EngineRun.Handle wanting = submit("x", "a", 1);
        EngineRun.Handle plain = submit("y", "", 1);

        run.advanceMillis(50);
        assertThat(plain.sequence.generatedTokens()).isEqualTo(1);
        assertThat(wanting.sequence.generatedTokens()).isZero();
        assertThat(run.engine.waitingAdapters()).containsExactly("a");

        run.advanceMillis(50 + 8);
        assertThat(wanting.sequence.generatedTokens()).isEqualTo(1);
        assertThat(run.engine.adapterLoads()).isEqualTo(1);
    }

    /** Case 13 of the model server simulator's checks: the first that can run does. */
    @Test
    void theSameAdapterOvertakesAnotherThatHasNoPlace() {
        EngineRun.Handle first = submit("a1", "a", 20);
        run.advanceMillis(108);
        assertThat(run.engine.runningAdapters()).containsExactly("a");

        EngineRun.Handle other = submit("b", "b", 1);
        EngineRun.Handle second = submit("a2", "a", 1);
        run.advanceMillis(20);
        assertThat(second.sequence.generatedTokens()).isEqualTo(1);
        assertThat(other.sequence.generatedTokens()).isZero();
        assertThat(run.engine.waitingAdapters()).containsExactly("b");

        run.advanceMillis(1000);
        assertThat(first.sequence.finishReason()).isNotNull();
        assertThat(other.sequence.generatedTokens())
                .as("once nobody uses the place")
                .isEqualTo(1);
        assertThat(run.engine.adapterLoads()).isEqualTo(2);
    }

    @Test
    void anIdleAdapterStaysUntilItsPlaceIsNeeded() {
        submit("1", "a", 1);
        run.advanceMillis(200);
        submit("2", "a", 1);
        run.advanceMillis(8);
        assertThat(run.finished).hasSize(2);
        assertThat(run.engine.adapterLoads()).isEqualTo(1);
        assertThat(run.engine.runningAdapters()).isEmpty();
    }

    @Test
    void theOneIdleForTheLongestGoesFirst() {
        EngineRun two = new EngineRun(options(2));
        for (String adapter : List.of("a", "b", "a", "c", "a", "b")) {
            submit(two, adapter, adapter, 1);
            two.advanceMillis(50);
        }
        assertThat(two.engine.adapterLoads())
                .as("a, b, c in place of b, b in place of c")
                .isEqualTo(4);
    }

    @Test
    void anAbortedSequenceGivesItsPlaceBack() {
        EngineRun.Handle first = submit("a1", "a", 1000);
        run.advanceMillis(108);
        EngineRun.Handle other = submit("b", "b", 1);

        run.engine.abort(first.sequence);
        run.advanceMillis(200);

        assertThat(other.sequence.generatedTokens()).isEqualTo(1);
    }

    private EngineRun.Handle submit(String id, String adapter, int outputTokens) {
        return submit(run, id, adapter, outputTokens);
    }

    private static EngineRun.Handle submit(EngineRun run, String id, String adapter, int outputTokens) {
        EngineRun.Handle handle = run.new Handle();
        TokenIds prompt = EngineRun.range(id.hashCode(), id.hashCode() + PROMPT - 1);
        SequenceRequest plain = EngineRun.request(id, prompt, outputTokens);
        SequenceRequest request =
                new SequenceRequest(id, prompt, plain.output(), 0, OptionalInt.empty(), Handoff.NONE, adapter);
        handle.submission = run.engine.submit(request, handle);
        handle.sequence = ((Submission.Accepted) handle.submission).sequence();
        return handle;
    }
}
