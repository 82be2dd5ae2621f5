package io.bactrian.disaggregation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LmcacheSettingsTest {
    @Test
    void thePortsAreThoseOfTheExamples() {
        assertThat(LmcacheSettings.DEFAULTS).isEqualTo(new LmcacheSettings(7300, 7400, 1, "127.0.0.1", 0));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 7400, 1, initPort: 0 (expected: 1 to 65535)",
        "7300, 65535, 2, allocPort: 65535 (expected: 1 to 65534)",
        "7300, 7400, 0, tpSize: 0 (expected: 1 to 1024)"
    })
    void everyRankHasAPort(int initPort, int allocPort, int tpSize, String message) {
        assertThatThrownBy(() -> new LmcacheSettings(initPort, allocPort, tpSize, "127.0.0.1", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
