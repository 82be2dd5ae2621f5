package io.bactrian.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
    @Test
    void readsWhatGoWrites() {
        assertThat(GoDuration.parse("200ms")).isEqualTo(Duration.ofMillis(200));
        assertThat(GoDuration.parse("1m30s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(GoDuration.parse("1.5h")).isEqualTo(Duration.ofMinutes(90));
        assertThat(GoDuration.parse(".5s")).isEqualTo(Duration.ofMillis(500));
        assertThat(GoDuration.parse("2us3ns")).isEqualTo(Duration.ofNanos(2003));
        assertThat(GoDuration.parse("7µs")).isEqualTo(Duration.ofNanos(7000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "-1s", "1 s", "1s ", "1d", "0s", "99999999999h"})
    void whatIsNoDurationIsZero(String text) {
        assertThat(GoDuration.parse(text)).isZero();
    }
}
