package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EngineOptionsTest {
    @Test
    void hasTheDefaultsOfASmallModelOnOneH100() {
        assertThat(EngineOptions.DEFAULTS)
                .isEqualTo(new EngineOptions(64, 2048, 1000, 16384, 16, true, StepLatency.DEFAULTS, 0));
        // One sequence: about 8.1 ms a token; 64 with 2000 tokens each: about 11.5 ms.
        assertThat(StepLatency.DEFAULTS.stepNanos(0, 1, 2000) / 1e6).isBetween(8.0, 8.1);
        assertThat(StepLatency.DEFAULTS.stepNanos(0, 64, 128_000) / 1e6).isBetween(11.4, 11.5);
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> new EngineOptions(0, 1, 0, 1, 1, true, StepLatency.NONE, 0))
                .hasMessage("maxSequences: 0 (expected: >= 1)");
        assertThatThrownBy(() -> new EngineOptions(8, 4, 0, 1, 1, true, StepLatency.NONE, 0))
                .hasMessage("maxBatchedTokens: 4 (expected: >= 8)");
        assertThatThrownBy(() -> new StepLatency(-1, 0, 0, 0, 0)).hasMessage("overheadNanos: -1.0 (expected: >= 0)");
    }

    @Test
    void givesPrefillTokensAwayWhereTheyHide() {
        StepLatency latency = new StepLatency(10, 100, 1, 0, 0);

        assertThat(latency.stepNanos(80, 0, 0)).isEqualTo(10);
        assertThat(latency.stepNanos(150, 0, 0)).isEqualTo(60);
    }
}
