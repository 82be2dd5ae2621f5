package io.bactrian.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PluginParametersTest {
    private final PluginParameters parameters = new PluginParameters(
            "p", "plugins[2].parameters", Map.of("count", 7, "share", 0.5, "flag", true, "text", "x", "big", 1L << 40));

    @Test
    void readsWhatIsGiven() {
        assertThat(parameters.integer("count", 1, 0, 10)).isEqualTo(7);
        assertThat(parameters.number("share", 1, 0, 1)).isEqualTo(0.5);
        assertThat(parameters.number("count", 1, 0, 10)).isEqualTo(7);
        assertThat(parameters.flag("flag", false)).isTrue();
        assertThat(parameters.text("text", "")).isEqualTo("x");
    }

    @Test
    void readsTheDefaultOfWhatIsAbsent() {
        assertThat(parameters.integer("a", 3, 0, 1)).isEqualTo(3);
        assertThat(parameters.number("a", 0.3, 0, 1)).isEqualTo(0.3);
        assertThat(parameters.flag("a", true)).isTrue();
        assertThat(parameters.text("a", "d")).isEqualTo("d");
    }

    @Test
    void namesPathValueAndExpectation() {
        assertThatThrownBy(() -> parameters.integer("count", 1, 8, 9))
                .hasMessage("plugins[2].parameters.count: 7 (expected: an integer from 8 to 9)");
        assertThatThrownBy(() -> parameters.integer("share", 1, 0, 9))
                .hasMessage("plugins[2].parameters.share: 0.5 (expected: an integer from 0 to 9)");
        assertThatThrownBy(() -> parameters.integer("big", 1, 0, Integer.MAX_VALUE))
                .hasMessageStartingWith("plugins[2].parameters.big: 1099511627776");
        assertThatThrownBy(() -> parameters.number("text", 1, 0, 1))
                .hasMessage("plugins[2].parameters.text: x (expected: a number from 0.0 to 1.0)");
        assertThatThrownBy(() -> parameters.flag("text", true))
                .hasMessage("plugins[2].parameters.text: x (expected: true or false)");
        assertThatThrownBy(() -> parameters.text("flag", ""))
                .hasMessage("plugins[2].parameters.flag: true (expected: a string)");
    }

    @Test
    void aNameNobodyReadIsAnError() {
        parameters.integer("count", 1, 0, 10);
        parameters.text("text", "");
        parameters.flag("flag", true);
        parameters.number("share", 0, 0, 1);

        assertThatThrownBy(parameters::rejectUnread)
                .hasMessage("plugins[2].parameters.big: unknown (expected: one of [count, flag, share, text])");
    }
}
