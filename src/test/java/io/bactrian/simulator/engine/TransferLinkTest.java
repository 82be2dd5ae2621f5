package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferLinkTest {
    // 1 ms to set up, 1 ms a token for one transfer alone.
    private static final TransferCost COST = new TransferCost(1e6, 1000, 1e6);

    private final EngineRun run = new EngineRun(EngineRun.options(4, 100, 100));
    private final TransferLink link = run.engine.newLink(COST);
    private final List<String> ended = new ArrayList<>();

    @Test
    void takesSetupAndBytesOverBandwidth() {
        start("a", 10);
        run.clock.runUntilIdle();

        assertThat(ended).containsExactly("a@11");
    }

    @Test
    void transfersShareTheBandwidth() {
        start("a", 10);
        start("b", 20);
        run.clock.runUntilIdle();

        // Both at half speed until a is over after 20 ms, then 10 ms for what is left of b.
        assertThat(ended).containsExactly("a@21", "b@31");
    }

    @Test
    void aTransferThatIsGivenUpLeavesItsShareToTheOthers() {
        start("a", 10);
        Runnable cancel = start("b", 10);
        run.advanceMillis(11);

        cancel.run();
        run.clock.runUntilIdle();

        // Half of a came over in the first 10 ms.
        assertThat(ended).containsExactly("a@16");
    }

    @Test
    void isAsSlowAsItsEngine() {
        run.engine.slow(3);
        start("a", 10);
        run.clock.runUntilIdle();

        assertThat(ended).containsExactly("a@33");
    }

    @Test
    void standsStillWhileItsEngineHangs() {
        start("a", 10);
        run.advanceMillis(5);
        run.engine.hang(Duration.ofMillis(100));
        run.clock.runUntilIdle();

        assertThat(ended).containsExactly("a@105");
    }

    @Test
    void nothingToMoveTakesTheSetup() {
        start("a", 0);
        run.clock.runUntilIdle();

        assertThat(ended).containsExactly("a@1");
    }

    @Test
    void refusesCostsThatCannotBe() {
        assertThatThrownBy(() -> new TransferCost(-1, 1, 1)).hasMessage("setupNanos: -1.0 (expected: >= 0)");
        assertThatThrownBy(() -> new TransferCost(0, -1, 1)).hasMessage("bytesPerToken: -1 (expected: >= 0)");
        assertThatThrownBy(() -> new TransferCost(0, 1, 0)).hasMessage("bytesPerSecond: 0.0 (expected: > 0)");
    }

    private Runnable start(String name, int tokens) {
        return link.start(tokens, () -> ended.add(name + "@" + run.clock.nanoTime() / EngineRun.MILLI));
    }
}
