package io.bactrian.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Counts the tokens of texts that begin alike, such as the turns of a conversation, without counting the common part again.
 *
 * <p>A text is cut where {@link SpecialTokens} allow it, and the counts of the latest beginnings that end at a cut are remembered by
 * their digest: the sum over the parts is the count of the whole, not an estimate. An entry has always the same size, about 120 bytes, so that
 * the number of entries limits the memory. Safe between threads.
 */
final class PrefixCounts {
    private final SpecialTokens special;
    private final Map<Digest, Integer> counts; // by the digest of a beginning; least used first
    private final int capacity;

    /** Half of a SHA-256: another client's beginning must not be the same by design. */
    private record Digest(long high, long low) {
        static Digest of(MessageDigest sha256) {
            try {
                ByteBuffer digest = ByteBuffer.wrap(((MessageDigest) sha256.clone()).digest());
                return new Digest(digest.getLong(), digest.getLong());
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException("SHA-256 of every Java platform can be cloned", e);
            }
        }
    }

    /** @param capacity how many beginnings are remembered; 0 for none */
    PrefixCounts(SpecialTokens special, int capacity) {
        this.special = special;
        this.capacity = capacity;
        this.counts = new LinkedHashMap<>(16, 0.75f, true);
    }

    /**
     * Returns the tokens of {@code text}.
     *
     * @param counter counts a part
     * @param deadline looked at before each part; what was counted until it is over is remembered
     * @throws LateException if it was over
     */
    int count(String text, ToIntFunction<String> counter, Deadline deadline) {
        List<Integer> cuts = special.cutsOf(text);
        Digest[] beginnings = capacity == 0 ? new Digest[0] : digests(text, cuts);
        int known = beginnings.length - 1; // the cut up to which the text is known
        Integer before = null;
        while (known >= 0 && (before = get(beginnings[known])) == null) {
            known--;
        }
        int count = before == null ? 0 : before;
        for (int i = known; i < cuts.size(); i++) {
            deadline.check();
            int from = i < 0 ? 0 : cuts.get(i);
            int to = i + 1 < cuts.size() ? cuts.get(i + 1) : text.length();
            count = Math.addExact(count, counter.applyAsInt(text.substring(from, to)));
            if (i + 1 < beginnings.length) {
                put(beginnings[i + 1], count);
            }
        }
        return count;
    }

    private static Digest[] digests(String text, List<Integer> cuts) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            Digest[] digests = new Digest[cuts.size()];
            int from = 0;
            for (int i = 0; i < digests.length; i++) {
                add(text.substring(from, cuts.get(i)), sha256);
                digests[i] = Digest.of(sha256);
                from = cuts.get(i);
            }
            return digests;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Adds a part, in one byte for a letter where that can be: most text is ASCII, and the digest is half of the work. */
    private static void add(String part, MessageDigest sha256) {
        boolean isNarrow = part.chars().allMatch(letter -> letter < 256);
        sha256.update(ByteBuffer.allocate(Integer.BYTES)
                .putInt(isNarrow ? part.length() : -part.length())
                .array()); // no two texts have the same bytes
        sha256.update(part.getBytes(isNarrow ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16BE));
    }

    private synchronized @Nullable Integer get(Digest beginning) {
        return counts.get(beginning);
    }

    private synchronized void put(Digest beginning, int count) {
        counts.put(beginning, count);
        if (counts.size() > capacity) {
            counts.remove(counts.keySet().iterator().next());
        }
    }

    synchronized int size() {
        return counts.size();
    }
}
