package io.bactrian.simulator.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.simulator.engine.FinishReason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PlannedAnswerTest {
    private static final int SAMPLES = 100_000;

    @Test
    void drawsLengthsInTheSharesOfTheRanges() {
        // max 200: 1-20, 21-40, 41-60, 61-180, 181-199, exactly 200.
        int[] ends = {20, 40, 60, 180, 199, 200};
        double[] shares = {.20, .30, .20, .05, .10, .15};
        int[] counts = new int[ends.length];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < SAMPLES; i++) {
            int length = OutputLength.draw(OptionalInt.of(200), 1000, random);
            int range = 0;
            while (length > ends[range]) {
                range++;
            }
            counts[range]++;
        }

        for (int range = 0; range < ends.length; range++) {
            assertThat((double) counts[range] / SAMPLES).isEqualTo(shares[range], within(.01));
        }
    }

    @Test
    void staysWithinSmallLimits() {
        SplittableRandom random = new SplittableRandom(1);
        for (int max = 1; max <= 110; max++) {
            for (int i = 0; i < 200; i++) {
                assertThat(OutputLength.draw(OptionalInt.of(max), 1000, random)).isBetween(1, max);
            }
        }
    }

    @Test
    void drawsAroundFortyWithoutALimit() {
        SplittableRandom random = new SplittableRandom(1);
        double sum = 0;
        for (int i = 0; i < SAMPLES; i++) {
            int length = OutputLength.draw(OptionalInt.empty(), 1000, random);
            assertThat(length).isPositive();
            sum += length;
        }

        assertThat(sum / SAMPLES).isBetween(40.0, 42.0);
        assertThat(OutputLength.draw(OptionalInt.empty(), 5, random)).isBetween(1, 5);
    }

    @Test
    void endsByLengthExactlyWhenTheLimitIsReached() {
        for (int seed = 0; seed < 200; seed++) {
            PlannedAnswer answer = PlannedAnswer.draw(limits(50, false), new SplittableRandom(seed));
            assertThat(answer.finishReason()).isEqualTo(answer.size() == 50 ? FinishReason.LENGTH : FinishReason.STOP);
        }
        assertThat(PlannedAnswer.draw(limits(50, true), new SplittableRandom(1)).size())
                .isEqualTo(50);
    }

    @Test
    void beginsAlikeUnderAnotherLimit() {
        PlannedAnswer shortAnswer = PlannedAnswer.draw(limits(5, true), new SplittableRandom(9));
        PlannedAnswer longAnswer = PlannedAnswer.draw(limits(50, true), new SplittableRandom(9));

        assertThat(text(longAnswer)).startsWith(text(shortAnswer));
    }

    @Test
    void respectsTheLeastLength() {
        AnswerLimits limits = new AnswerLimits(OptionalInt.of(50), 49, false, 1000, List.of());

        assertThat(PlannedAnswer.draw(limits, new SplittableRandom(4)).size()).isBetween(49, 50);
    }

    @Test
    void cutsBeforeAStopStringThatSpansTokens() {
        String whole = text(PlannedAnswer.draw(limits(60, true), new SplittableRandom(2)));
        // From the middle of one token to the middle of the next but one.
        int space = whole.indexOf(' ', 40);
        String stop = whole.substring(space - 2, space + 3);
        AnswerLimits limits = new AnswerLimits(OptionalInt.of(60), 0, true, 1000, List.of("no such text", stop));

        PlannedAnswer cut = PlannedAnswer.draw(limits, new SplittableRandom(2));

        assertThat(cut.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(cut.visibleBytes()).isEqualTo(whole.indexOf(stop));
        assertThat(text(cut)).contains(stop);
        assertThat(whole).startsWith(text(cut));
        assertThat(cut.size()).isLessThan(60);
    }

    @Test
    void prefersTheStopStringThatIsCompleteFirst() {
        String whole = text(PlannedAnswer.draw(limits(60, true), new SplittableRandom(2)));
        List<String> stops = List.of(whole.substring(50, 60), whole.substring(20, 80), whole.substring(30, 33));
        AnswerLimits limits = new AnswerLimits(OptionalInt.of(60), 0, true, 1000, stops);

        int expected = whole.indexOf(stops.get(2));
        assertThat(PlannedAnswer.draw(limits, new SplittableRandom(2)).visibleBytes())
                .isEqualTo(expected);
    }

    static AnswerLimits limits(int maxTokens, boolean ignoreEos) {
        return new AnswerLimits(OptionalInt.of(maxTokens), 0, ignoreEos, 1000, List.of());
    }

    static String text(PlannedAnswer answer) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < answer.size(); i++) {
            text.append(new String(answer.bytes(i), StandardCharsets.US_ASCII));
        }
        return text.toString();
    }
}
