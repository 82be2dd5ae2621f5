package io.bactrian.simulator.text;

import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.OutputTokens;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * An answer, decided before its first token is due.
 *
 * <p>Planned as a whole because that keeps timing out of the text, and because a stop string that spans several tokens
 * must cut tokens that come before it.
 */
public final class PlannedAnswer implements OutputTokens {
    // A mark follows a word once in this many words, every third mark being a comma.
    private static final int WORDS_BETWEEN_MARKS = 9;
    private static final int MARKS_BETWEEN_COMMAS = 3;

    // Indices into the vocabulary.
    private final short[] tokens;
    private final FinishReason finishReason;
    // Length of the visible text; tokens behind it, or parts of them, belong to a stop string.
    private final int visibleBytes;

    private PlannedAnswer(short[] tokens, FinishReason finishReason, int visibleBytes) {
        this.tokens = tokens;
        this.finishReason = finishReason;
        this.visibleBytes = visibleBytes;
    }

    /** Plans an answer within {@code limits}; the same random stream gives the same answer. */
    public static PlannedAnswer draw(AnswerLimits limits, SplittableRandom random) {
        // Apart, so that limits change where an answer ends but not how it begins.
        SplittableRandom lengths = random.split();
        int length = limits.ignoreEos()
                ? limits.maxTokens().orElseThrow()
                : Math.max(limits.minTokens(), OutputLength.draw(limits.maxTokens(), limits.contextLeft(), lengths));
        short[] tokens = drawTokens(length, random);
        OptionalInt limit = limits.maxTokens();
        FinishReason reason = length >= limit.orElse(limits.contextLeft()) ? FinishReason.LENGTH : FinishReason.STOP;
        PlannedAnswer whole = new PlannedAnswer(tokens, reason, textBytes(tokens));
        return limits.stop().isEmpty() ? whole : whole.cutAt(limits.stop());
    }

    @Override
    public int size() {
        return tokens.length;
    }

    @Override
    public int id(int index) {
        return Vocabulary.id(tokens[index]);
    }

    @Override
    public FinishReason finishReason() {
        return finishReason;
    }

    /** Returns the bytes of token {@code index}, not to be changed. */
    public byte[] bytes(int index) {
        return Vocabulary.bytes(tokens[index]);
    }

    /** Returns the length of the visible text in bytes: what a stop string hides is not part of it. */
    public int visibleBytes() {
        return visibleBytes;
    }

    private static short[] drawTokens(int length, RandomGenerator random) {
        short[] tokens = new short[length];
        for (int i = 0; i < length; i++) {
            if (i > 0 && Vocabulary.isBare(tokens[i - 1])) {
                boolean comma = random.nextInt(MARKS_BETWEEN_COMMAS) == 0;
                tokens[i] = (short) (comma ? Vocabulary.comma() : Vocabulary.period());
            } else {
                int word = random.nextInt(Vocabulary.words());
                boolean bare = random.nextInt(WORDS_BETWEEN_MARKS) == 0;
                tokens[i] = (short) (bare ? Vocabulary.bare(word) : Vocabulary.spaced(word));
            }
        }
        return tokens;
    }

    private static int textBytes(short[] tokens) {
        int bytes = 0;
        for (short token : tokens) {
            bytes += Vocabulary.bytes(token).length;
        }
        return bytes;
    }

    private PlannedAnswer cutAt(List<String> stops) {
        String text = text();
        int begin = -1;
        int end = text.length();
        for (String stop : stops) {
            int found = stop.isEmpty() ? -1 : text.indexOf(stop);
            // The stop string completed first wins; of two completed together, the longer.
            boolean earlier =
                    found + stop.length() < end || (found + stop.length() == end && (begin < 0 || found < begin));
            if (found >= 0 && earlier) {
                begin = found;
                end = found + stop.length();
            }
        }
        if (begin < 0) {
            return this;
        }
        int count = 0;
        for (int bytes = 0; bytes < end; count++) {
            bytes += bytes(count).length;
        }
        return new PlannedAnswer(Arrays.copyOf(tokens, count), FinishReason.STOP, begin);
    }

    private String text() {
        StringBuilder text = new StringBuilder(visibleBytes);
        for (int i = 0; i < tokens.length; i++) {
            for (byte b : bytes(i)) {
                text.append((char) b);
            }
        }
        return text.toString();
    }
}
