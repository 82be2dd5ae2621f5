package io.bactrian.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 1.3 of llm-d's metrics: how a series is named. */
class MetricSpecTest {
    @Test
    void labelsMayBeQuotedOrNot() {
        assertThat(MetricSpec.parse("up")).isEqualTo(new MetricSpec("up", Map.of()));
        assertThat(MetricSpec.parse("a:b_c{}")).isEqualTo(new MetricSpec("a:b_c", Map.of()));
        assertThat(MetricSpec.parse(" q { state = waiting , kind=\"a, b\" } "))
                .isEqualTo(new MetricSpec("q", Map.of("state", "waiting", "kind", "a, b")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1st", "a-b", "a{", "a}", "a{b=c}d", "ä"})
    void whatIsNoMetricIsRefused(String text) {
        assertThatThrownBy(() -> MetricSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text + " (expected: a metric, such as name or name{label=value})");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            a{b}        | b
            a{b=c,=d}   | =d
            a{b=c;d=e}x{} | b=c;d=e}x{
            a{1=c}      | 1=c
            """)
    void whatIsNoPairIsNamed(String text, String pair) {
        assertThatThrownBy(() -> MetricSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text + " (expected: label=value in place of " + pair + ")");
    }
}
