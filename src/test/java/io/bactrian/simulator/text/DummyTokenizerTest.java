package io.bactrian.simulator.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.simulator.engine.TokenIds;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DummyTokenizerTest {
    @Test
    void hashesPiecesWithTheSpaceThatFollows() {
        // Vectors of llm-d's inference simulator.
        assertThat(unsigned("Hello, world!")).containsExactly(4116459851L, 2312110321L, 933488787L, 604802540L);
        assertThat(unsigned("### user: Hi there\n"))
                .containsExactly(638357778L, 638357778L, 399020470L, 1618501362L, 2382766391L, 828178030L, 1916852213L);
    }

    @Test
    void splitsBeforeALeadingUnderscoreOnly() {
        assertThat(unsigned("_a")).hasSize(2);
        assertThat(unsigned("a_b")).hasSize(1);
    }

    @Test
    void keepsEveryOtherCharacterAsAToken() {
        assertThat(unsigned("é€\uD83D\uDC2A x")).hasSize(4);
        assertThat(DummyTokenizer.tokenize("\uD83D\uDC2A").get(0)).isEqualTo(DummyTokenizer.id("\uD83D\uDC2A"));
    }

    @Test
    void findsTheTokensOfAnAnswerInItsText() {
        AnswerLimits limits = PlannedAnswerTest.limits(500, true);
        PlannedAnswer answer = PlannedAnswer.draw(limits, new SplittableRandom(3));

        TokenIds tokens = DummyTokenizer.tokenize(PlannedAnswerTest.text(answer));

        assertThat(IntStream.range(0, tokens.size()).map(tokens::get))
                .containsExactlyElementsOf(IntStream.range(0, answer.size())
                        .map(answer::id)
                        .boxed()
                        .toList());
    }

    private static long[] unsigned(String text) {
        TokenIds tokens = DummyTokenizer.tokenize(text);
        return IntStream.range(0, tokens.size())
                .mapToLong(i -> Integer.toUnsignedLong(tokens.get(i)))
                .toArray();
    }
}
