package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.simulator.engine.SequenceLatency.TokenLatency;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequenceLatencyTest {
    private static final TokenLatency TOKENS = new TokenLatency(12e6, 0, 2);
    private static final PerTokenLatency PER_TOKEN = new PerTokenLatency(30e6, 0.25e6, 0, TOKENS);

    @ParameterizedTest
    @CsvSource({"0, 1, 94", "0, 3, 141", "0, 5, 188", "128, 1, 62"})
    void growsWithUncachedTokensAndLoad(int cached, int running, double millis) {
        double load = TOKENS.loadFactor(running, 5);

        double nanos = PER_TOKEN.firstTokenNanos(256 - cached, load, new SplittableRandom(1));

        assertThat(nanos).isEqualTo(millis * 1e6, within(1.0));
    }

    @Test
    void spacesTokensEvenlyWithoutNoise() {
        EngineOptions options = new EngineOptions(5, 2048, 10, 1000, 16, true, PER_TOKEN, 0);
        EngineRun run = new EngineRun(options);

        EngineRun.Handle handle = run.submit("a", 256, 10);
        run.clock.runUntilIdle();

        assertThat(handle.tokenMillis.get(0)).isEqualTo(94, within(1e-6));
        assertThat(handle.tokenMillis.get(9)).isEqualTo(94 + 108, within(1e-6));
    }

    @Test
    void hasNoLoadOnASingleSeat() {
        assertThat(TOKENS.loadFactor(1, 1)).isEqualTo(1);
    }

    @Test
    void ignoresThePromptWhenConstant() {
        ConstantLatency constant = new ConstantLatency(100e6, 0, TOKENS);

        assertThat(constant.firstTokenNanos(100_000, 1.5, new SplittableRandom(1)))
                .isEqualTo(150e6);
    }

    @Test
    void staysWithinBoundsAroundItsMean() {
        SplittableRandom random = new SplittableRandom(1);
        double sum = 0;
        double least = Double.MAX_VALUE;
        double most = 0;
        int samples = 100_000;
        for (int i = 0; i < samples; i++) {
            double drawn = Noise.around(100, 20, random);
            sum += drawn;
            least = Math.min(least, drawn);
            most = Math.max(most, drawn);
        }

        assertThat(sum / samples).isEqualTo(100, within(1.0));
        assertThat(least).isBetween(30.0, 50.0);
        assertThat(most).isBetween(150.0, 170.0);
    }

    @Test
    void refusesWideNoise() {
        assertThatThrownBy(() -> new TokenLatency(10e6, 4e6, 1))
                .hasMessageContaining("interTokenLatency standard deviation")
                .hasMessageContaining("(expected: 0 to 30 % of 1.0E7)");
        assertThatThrownBy(() -> new TokenLatency(10e6, 0, 0.5)).hasMessageContaining("factorUnderLoad: 0.5");
    }
}
