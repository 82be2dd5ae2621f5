package io.bactrian.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which block: a map from block hash to {@link Holders}, read without locks and written under one of many.
 *
 * <p>Open addressing over two flat arrays in each stripe. A key, once written, stays in its place until the stripe's
 * arrays are replaced as a whole, and a block nobody holds keeps its key with a null beside it. So a reader that has
 * found its key reads the right value, whatever writers do meanwhile; replacing the arrays drops the dead keys.
 *
 * <p>Primitive maps of the common libraries must be locked for reading too, or need an object for every key, or rest on
 * {@code sun.misc.Unsafe}, which the JDK withdraws.
 */
final class BlockTable {
    private static final int STRIPE_BITS = 8;
    private static final int SMALLEST = 16;

    private final Stripe[] stripes = new Stripe[1 << STRIPE_BITS];

    BlockTable() {
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = new Stripe();
        }
    }

    /** Returns who holds the block, null if nobody. */
    @Nullable
    Holders get(long hash) {
        return stripe(hash).slots.get(key(hash));
    }

    /** Applies {@code change} to the holders of the block. */
    void change(long hash, HolderChange change) {
        stripe(hash).change(key(hash), change);
    }

    /** Returns the number of blocks somebody holds; may miss changes made meanwhile. */
    long size() {
        long size = 0;
        for (Stripe stripe : stripes) {
            size += stripe.live;
        }
        return size;
    }

    /** Returns the slots, used or not. */
    long slots() {
        long slots = 0;
        for (Stripe stripe : stripes) {
            slots += stripe.slots.keys.length;
        }
        return slots;
    }

    private Stripe stripe(long hash) {
        return stripes[(int) (hash >>> (64 - STRIPE_BITS))]; // slots use the low bits
    }

    /** Returns a key that is not 0, which marks an empty slot. */
    private static long key(long hash) {
        return hash == 0 ? 1 : hash;
    }

    /** A part of the table with a lock of its own. */
    private static final class Stripe {
        volatile Slots slots = new Slots(SMALLEST);
        volatile int live;
        private int used; // slots with a key, dead ones included

        synchronized void change(long key, HolderChange change) {
            Slots current = slots;
            int at = current.find(key);
            boolean known = current.keys[at] == key;
            Holders before = known ? current.values[at] : null;
            Holders after = change.apply(before);
            if (after == before) {
                return;
            }
            if (!known) {
                if (4 * (used + 1) > 3 * current.keys.length) {
                    current = replaceSlots(current);
                    at = current.find(key);
                }
                used++;
            }
            current.set(at, key, after);
            if (before == null) {
                live = live + 1;
            } else if (after == null) {
                live = live - 1;
            }
        }

        private Slots replaceSlots(Slots old) {
            int length = SMALLEST;
            while (8L * (live + 1) > 3L * length) { // at most 3/8 full, so that half as many again fit in
                length *= 2;
            }
            Slots next = new Slots(length);
            for (int i = 0; i < old.keys.length; i++) {
                Holders holders = old.values[i];
                if (holders != null) {
                    next.set(next.find(old.keys[i]), old.keys[i], holders);
                }
            }
            used = live;
            slots = next;
            return next;
        }
    }

    /** {@code values[i]} belongs to {@code keys[i]}; key 0 marks an empty slot, and one slot in four is empty. */
    private static final class Slots {
        private static final VarHandle KEYS = MethodHandles.arrayElementVarHandle(long[].class);
        private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(Holders[].class);

        final long[] keys;
        final @Nullable Holders[] values;

        Slots(int length) {
            keys = new long[length];
            values = new Holders[length];
        }

        @Nullable
        Holders get(long key) {
            int mask = keys.length - 1;
            for (int i = (int) key & mask; ; i = i + 1 & mask) {
                long found = (long) KEYS.getAcquire(keys, i);
                if (found == key) {
                    return (Holders) VALUES.getAcquire(values, i);
                }
                if (found == 0) {
                    return null;
                }
            }
        }

        /** Returns the slot of {@code key}, or the empty one where it would be. For the writer. */
        int find(long key) {
            int mask = keys.length - 1;
            int i = (int) key & mask;
            while (keys[i] != key && keys[i] != 0) {
                i = i + 1 & mask;
            }
            return i;
        }

        /** Writes the value before the key: who sees the key sees the value. */
        void set(int at, long key, @Nullable Holders holders) {
            VALUES.setRelease(values, at, holders);
            KEYS.setRelease(keys, at, key);
        }
    }
}
