package io.bactrian.relay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenGapsTest {
    private static final long MILLI = 1_000_000;

    private final TokenGaps gaps = new TokenGaps();

    @Test
    void countsByTheBucketsOfLlmDWithTheirUpperLimitsIncluded() {
        gaps.note(MILLI, 1);
        gaps.note(MILLI + 1, 1);
        gaps.note(5 * MILLI, 1);
        gaps.note(2_000 * MILLI, 1);
        gaps.note(2_000 * MILLI + 1, 1);

        assertThat(gaps.bucket(0)).isEqualTo(1);
        assertThat(gaps.bucket(1)).isEqualTo(2);
        assertThat(gaps.bucket(14)).isEqualTo(1);
        assertThat(gaps.bucket(15)).isEqualTo(1);
        assertThat(gaps.count()).isEqualTo(5);
        assertThat(gaps.sumNanos()).isEqualTo(4_007 * MILLI + 2);
    }

    @Test
    void eventsThatCameTogetherAreNoTimeApart() {
        gaps.note(30 * MILLI, 4);

        assertThat(gaps.bucket(0)).isEqualTo(3);
        assertThat(gaps.bucket(4)).isEqualTo(1);
        assertThat(gaps.sumNanos()).isEqualTo(30 * MILLI);
    }

    @Test
    void aQuantileIsNotExceededByItsShareOfTheGaps() {
        for (int i = 1; i <= 99; i++) {
            gaps.note(21 * MILLI, 1);
        }
        gaps.note(900 * MILLI, 1);

        assertThat(gaps.quantileNanos(.99)).isEqualTo(25 * MILLI); // a quarter of 20 to 40 ms
        assertThat(gaps.quantileNanos(1)).isEqualTo(900 * MILLI);
    }

    @Test
    void aQuantileIsNeverAboveTheLongestGap() {
        gaps.note(3_000 * MILLI, 1);

        assertThat(gaps.quantileNanos(.99)).isEqualTo(3_000 * MILLI);
    }
}
