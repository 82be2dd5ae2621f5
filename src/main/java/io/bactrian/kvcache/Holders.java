package io.bactrian.kvcache;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that hold a block, by their numbers in the index; at least one. Never changes, so that readers need no
 * lock and blocks with the same holders can share one instance.
 */
final class Holders {
    private final long[] bits; // bit n % 64 of bits[n / 64] stands for endpoint n; the last long is not 0

    private Holders(long[] bits) {
        this.bits = bits;
    }

    /** Returns {@code holders} and endpoint {@code number}. */
    static Holders with(@Nullable Holders holders, int number) {
        int word = number >> 6;
        long[] bits = holders == null
                ? new long[word + 1]
                : Arrays.copyOf(holders.bits, Math.max(word + 1, holders.bits.length));
        bits[word] |= 1L << number;
        return new Holders(bits);
    }

    /** Returns these holders but endpoint {@code number}; null when nobody is left. */
    @Nullable
    Holders without(int number) {
        long[] rest = bits.clone();
        rest[number >> 6] &= ~(1L << number);
        int length = rest.length;
        while (length > 0 && rest[length - 1] == 0) {
            length--;
        }
        return length == 0 ? null : new Holders(length == rest.length ? rest : Arrays.copyOf(rest, length));
    }

    boolean contains(int number) {
        int word = number >> 6;
        return word < bits.length && (bits[word] & 1L << number) != 0;
    }

    /** Returns the holders as bits, in an array that the caller may change. */
    long[] toBits() {
        return bits.clone();
    }

    /** Returns word {@code word} of the bits; 0 after the last. */
    long word(int word) {
        return word < bits.length ? bits[word] : 0;
    }
}
