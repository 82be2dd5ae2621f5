package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.Tokenizers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Counting from where a text differs is counting, not estimating. */
class PrefixCountsTest {
    private static final Deadline NONE = Deadline.in(Duration.ofDays(1), InstantSource.fixed(Instant.EPOCH));
    private static final String LONG = "how many humps? ".repeat(40); // 640 characters
    private static final List<Read> FOLDERS = List.of(Read.of("bytes"), Read.of("pieces"));

    private record Read(TextTokenizer tokenizer, SpecialTokens special) {
        static Read of(String name) {
            ModelFolder folder = new ModelFolder(Tokenizers.FOLDER.resolve(name));
            return new Read(folder.tokenizer(), folder.specialTokens());
        }
    }

    @Property(tries = 400)
    void theIdsOfThePartsAreThoseOfTheWhole(@ForAll("folders") Read folder, @ForAll("texts") String text) {
        TextTokenizer tokenizer = folder.tokenizer();
        LongStream.Builder ofParts = LongStream.builder();
        int from = 0;
        List<Integer> ends = new ArrayList<>(folder.special().cutsOf(text));
        ends.add(text.length());
        for (int end : ends) {
            for (long id : tokenizer.ids(text.substring(from, end), false)) {
                ofParts.add(id);
            }
            from = end;
        }

        assertThat(ofParts.build().toArray()).isEqualTo(tokenizer.ids(text, false));
    }

    @Property(tries = 100)
    void aTextThatGoesOnCountsAsIfItWereNew(
            @ForAll("folders") Read folder, @ForAll("texts") String first, @ForAll("texts") String more) {
        TextTokenizer tokenizer = folder.tokenizer();
        PrefixCounts prefixes = new PrefixCounts(folder.special(), 8);

        for (String text : List.of(first, first + more, first, more + first, first + more + first)) {
            assertThat(prefixes.count(text, part -> tokenizer.ids(part, false).length, NONE))
                    .isEqualTo(tokenizer.ids(text, false).length);
        }
        assertThat(prefixes.size()).isLessThanOrEqualTo(8);
    }

    @Provide
    Arbitrary<Read> folders() {
        return Arbitraries.of(FOLDERS);
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> words = Arbitraries.of(
                "<|end|>",
                "<|turn|>",
                "<|begin|>",
                "[Q]",
                "[/Q]",
                "</s>",
                "<think>",
                "<|e",
                "nd|>",
                "[",
                "<",
                " ",
                "  ",
                "\n",
                "\n\n",
                "camel",
                " camel",
                "'s",
                "123",
                "é",
                "e\u0301",
                "🐫",
                "駱駝",
                "▁",
                "\u0000",
                LONG,
                LONG,
                LONG);
        return words.list().ofMaxSize(12).map(parts -> String.join("", parts));
    }

    @Example
    void countsOnlyWhatIsNew() {
        PrefixCounts prefixes = new PrefixCounts(special("<s>"), 100);
        List<String> counted = new ArrayList<>();
        String known = LONG + "<s>" + LONG + "<s>" + LONG;

        prefixes.count(known, part -> record(part, counted), NONE);
        counted.clear();
        int count = prefixes.count(known + "<s>" + "new".repeat(200), part -> record(part, counted), NONE);

        assertThat(counted).containsExactly("<s>" + LONG, "<s>" + "new".repeat(200));
        assertThat(count).isEqualTo(known.length() + 3 + 600);
    }

    private static int record(String part, List<String> counted) {
        counted.add(part);
        return part.length();
    }

    @Example
    void remembersSoManyBeginningsAndNoMore() {
        PrefixCounts prefixes = new PrefixCounts(special("<s>"), 10);
        for (int i = 0; i < 50; i++) {
            prefixes.count(i + LONG + "<s>" + LONG + "<s>", String::length, NONE);
        }
        assertThat(prefixes.size()).isEqualTo(10);

        PrefixCounts none = new PrefixCounts(special("<s>"), 0);
        assertThat(none.count(LONG + "<s>" + LONG, String::length, NONE)).isEqualTo(1283);
        assertThat(none.size()).isZero();
    }

    @Example
    void goesOnAfterADeadlineWhereItEnded() {
        PrefixCounts prefixes = new PrefixCounts(special("<s>"), 100);
        AtomicInteger parts = new AtomicInteger();
        String text = LONG + "<s>" + LONG + "<s>" + LONG;
        Deadline afterTwo =
                Deadline.in(Duration.ofMillis(1), () -> parts.get() < 2 ? Instant.EPOCH : Instant.EPOCH.plusSeconds(1));

        assertThatThrownBy(() -> prefixes.count(text, part -> parts.incrementAndGet(), afterTwo))
                .isInstanceOf(LateException.class);
        parts.set(0);
        prefixes.count(text, part -> parts.incrementAndGet(), NONE);
        assertThat(parts).hasValue(1);
    }

    @Example
    void cutsOnlyBeforeTokensThatMindNoNeighbours() {
        String text = LONG + "<s>" + LONG;
        SpecialTokens.Token plain = new SpecialTokens.Token("<s>", false, false);

        assertThat(new SpecialTokens(List.of(plain)).cutsOf(text)).containsExactly(640);
        assertThat(new SpecialTokens(List.of(new SpecialTokens.Token("<s>", false, true))).cutsOf(text))
                .isEmpty();
        assertThat(new SpecialTokens(List.of(new SpecialTokens.Token(" <s>", false, false)))
                        .cutsOf(LONG + " <s>" + LONG))
                .isEmpty();
        assertThat(new SpecialTokens(List.of(plain, new SpecialTokens.Token("humps", true, false))).cutsOf(text))
                .isEmpty();
    }

    @Example
    void takesTheLongestOfTheLeftmostTokens() {
        String longest = "<s" + "x".repeat(600) + "<s";

        assertThat(special("<s", longest).cutsOf(LONG + longest + LONG)).containsExactly(640);
        assertThat(special("<s", "s<" + "x".repeat(600)).cutsOf(LONG + longest + LONG))
                .containsExactly(640, 640 + 602);
    }

    private static SpecialTokens special(String... contents) {
        return new SpecialTokens(Arrays.stream(contents)
                .map(content -> new SpecialTokens.Token(content, false, false))
                .toList());
    }
}
