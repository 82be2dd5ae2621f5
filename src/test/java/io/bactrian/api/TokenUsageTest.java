package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TokenUsageTest {
    private static final OptionalInt UNKNOWN = OptionalInt.empty();

    @Test
    void replacesWhatTheLaterReportKnows() {
        TokenUsage first = TokenUsage.reported(9, 0, OptionalInt.of(8), 9);
        TokenUsage later = TokenUsage.reported(0, 5, UNKNOWN, 0);

        assertThat(first.merge(later)).isEqualTo(new TokenUsage(9, 5, OptionalInt.of(8), 14, false));
    }

    @Test
    void takesTheTotalOnlyFromACompleteReport() {
        assertThat(TokenUsage.reported(9, 5, UNKNOWN, 20).totalTokens()).isEqualTo(20);
        assertThat(TokenUsage.reported(9, 0, UNKNOWN, 20).totalTokens()).isEqualTo(9);
        assertThat(TokenUsage.reported(9, 0, UNKNOWN, 20)
                        .merge(TokenUsage.reported(9, 5, UNKNOWN, 20))
                        .totalTokens())
                .isEqualTo(20);
    }

    @Test
    void marksAnEstimate() {
        assertThat(TokenUsage.estimate(3, 4)).isEqualTo(new TokenUsage(3, 4, UNKNOWN, 7, true));
    }
}
