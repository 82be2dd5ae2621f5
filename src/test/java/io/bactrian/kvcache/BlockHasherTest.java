package io.bactrian.kvcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.Prompts;
import io.bactrian.request.Prompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The literal hashes are vectors of llm-d's {@code approx-prefix-cache-producer}. */
class BlockHasherTest {
    private static final PrefixScope M = new PrefixScope("m", "", "");
    private static final int NO_LIMIT = Integer.MAX_VALUE;

    private final BlockHasher hasher = new BlockHasher();

    @Test
    void hashesFullBlocksAndThePartialLast() {
        BlockHashes blocks = hasher.hash(Prompts.tokens(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), M, 4, NO_LIMIT);

        assertThat(hashes(blocks)).containsExactly(0xff375b446cd15b25L, 0xd0e13dbe79e3cd40L, 0x6c0f38e4493e1b53L);
    }

    @Test
    void hashesBlocksOf64Tokens() {
        Prompt prompt = Prompts.tokens(IntStream.range(0, 130).toArray());
        PrefixScope scope = new PrefixScope("meta-llama/Llama-3.1-8B-Instruct", "", "");

        assertThat(hashes(hasher.hash(prompt, scope, 64, NO_LIMIT)))
                .containsExactly(0xe22f3ec991ece4d6L, 0x48b10b7ebff46689L, 0x569f475c4a4d00dcL);
    }

    @Test
    void packsFourBytesOfTextIntoAToken() {
        Prompt prompt = Prompts.text("Hello world!".repeat(30));

        assertThat(hashes(hasher.hash(prompt, new PrefixScope("food-review", "", ""), 64, NO_LIMIT)))
                .containsExactly(0x328ace645f3ca2dfL, 0x660aa4747c640760L);
    }

    @Test
    void textIsTheTokensItsBytesSpell() {
        assertThat(hasher.hash(Prompts.text("Hello world!"), M, 2, NO_LIMIT))
                .isEqualTo(hasher.hash(Prompts.tokens(1819043144, 1870078063, 560229490), M, 2, NO_LIMIT));
        assertThat(hasher.hash(Prompts.text("userHi"), M, 64, NO_LIMIT))
                .isEqualTo(hasher.hash(Prompts.tokens(1919251317, 26952), M, 64, NO_LIMIT));
    }

    @Test
    void aTokenAfterTextBeginsANewToken() {
        Prompt mixed = Prompts.of(List.of(sink -> {
            byte[] text = "userHi".getBytes(UTF_8);
            sink.text(text, 0, text.length);
            sink.tokenId(7);
        }));

        assertThat(hasher.hash(mixed, M, 2, NO_LIMIT))
                .isEqualTo(hasher.hash(Prompts.tokens(1919251317, 26952, 7), M, 2, NO_LIMIT));
    }

    @Test
    void hashesEachPromptOnItsOwn() {
        Prompt both = Prompts.of(List.of(
                sink -> sink.text("abcdefghij".getBytes(UTF_8), 0, 10),
                sink -> sink.text("".getBytes(UTF_8), 0, 0),
                sink -> sink.text("abcd".getBytes(UTF_8), 0, 4)));

        BlockHashes blocks = hasher.hash(both, M, 1, NO_LIMIT);

        assertThat(blocks.prompts()).isEqualTo(3);
        assertThat(List.of(blocks.end(0), blocks.end(1), blocks.end(2))).containsExactly(3, 3, 4);
        assertThat(blocks.hash(blocks.start(2))).isEqualTo(blocks.hash(0));
    }

    @Test
    void readsNoFurtherThanTheLimitOfBlocksOverAllPrompts() {
        AtomicInteger read = new AtomicInteger();
        List<Prompts.Reading> readings = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            readings.add(sink -> {
                boolean more = true;
                for (int token = 0; token < 100 && more; token++) {
                    read.incrementAndGet();
                    more = sink.tokenId(token);
                }
            });
        }

        BlockHashes blocks = hasher.hash(Prompts.of(readings), M, 10, 12);

        assertThat(blocks.size()).isEqualTo(12);
        assertThat(blocks.prompts()).isEqualTo(2);
        assertThat(read).hasValue(120);
    }

    @Test
    void hashesNothingOfNothing() {
        assertThat(hasher.hash(Prompt.NONE, M, 64, NO_LIMIT).size()).isZero();
        assertThat(hasher.hash(Prompts.text(""), M, 64, NO_LIMIT).size()).isZero();
    }

    @Test
    void refusesABlockSizeThatNoServerUses() {
        assertThatThrownBy(() -> hasher.hash(Prompt.NONE, M, 0, 1)).hasMessageStartingWith("blockSizeTokens: 0");
        assertThatThrownBy(() -> hasher.hash(Prompt.NONE, M, 1 << 30, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 300)
    void theSizeOfThePiecesDoesNotMatter(
            @ForAll @Size(max = 700) byte[] text,
            @ForAll @IntRange(min = 1, max = 40) int blockSize,
            @ForAll @IntRange(min = 1, max = 60) int limit,
            @ForAll long seed) {
        Prompt whole = Prompts.of(List.of(sink -> sink.text(text, 0, text.length)));
        Prompt pieces = Prompts.of(List.of(sink -> {
            Random random = new Random(seed);
            int at = 0;
            boolean more = true;
            while (at < text.length && more) {
                int length = Math.min(text.length - at, random.nextInt(1, 50));
                byte[] piece = new byte[length + 3];
                System.arraycopy(text, at, piece, 2, length);
                more = sink.text(piece, 2, length);
                Arrays.fill(piece, (byte) 99); // the piece belongs to the caller again
                at += length;
            }
        }));

        assertThat(hasher.hash(pieces, M, blockSize, limit)).isEqualTo(hasher.hash(whole, M, blockSize, limit));
    }

    private static long[] hashes(BlockHashes blocks) {
        return IntStream.range(0, blocks.size()).mapToLong(blocks::hash).toArray();
    }
}
