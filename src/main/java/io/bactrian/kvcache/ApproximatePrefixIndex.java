package io.bactrian.kvcache;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import it.unimi.dsi.fastutil.longs.Long2LongLinkedOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers which blocks each endpoint of one pool was sent, and so probably holds in its KV cache.
 *
 * <p>A block is forgotten for an endpoint when that endpoint was sent {@code capacity} other blocks since. A prompt is
 * noted from its last block to its first, so that the first blocks, on which every match rests, are forgotten last. After
 * llm-d's {@code approx-prefix-cache-producer}, with three changes: a match counts an endpoint's own leading blocks only,
 * a prompt longer than the capacity leaves nothing behind, and no lock is taken for matching.
 *
 * <p>It learns from what endpoints report to have found cached. An endpoint that did not hold a block has evicted it, and with
 * it what it was sent before that block, as caches evict the longest unused first: all that is forgotten. The missed block itself
 * is held again, as it has just been computed; one that is missed twice in a row counts for nothing until it is found once,
 * so that an endpoint that caches nothing attracts nobody. A block that was sent shortly before, and may not have been computed
 * when the request came, is not judged.
 *
 * <p>Safe between threads. Matching takes no lock. Notes for one endpoint wait for each other; those for different
 * endpoints meet only in one of 256 stripes, for one block at a time. Memory is bounded by the endpoints' capacities:
 * 80 to 90 bytes for a block at an endpoint, as measured.
 */
public final class ApproximatePrefixIndex {
    private static final int[] NONE = {};

    private final BlockTable table = new BlockTable();
    private final Map<String, History> histories = new ConcurrentHashMap<>(); // by endpoint name
    private final BitSet numbers = new BitSet(); // those in use; guarded by itself

    /**
     * Returns how many leading blocks of {@code blocks} each candidate holds, summed over the prompts.
     *
     * @return {@code result[i]} belongs to {@code candidates.get(i)}
     */
    public int[] match(BlockHashes blocks, List<EndpointState> candidates) {
        int[] result = new int[candidates.size()];
        int[] byNumber = NONE;
        for (int prompt = 0; prompt < blocks.prompts(); prompt++) {
            byNumber = addMatches(blocks, blocks.start(prompt), blocks.end(prompt), byNumber);
        }
        if (byNumber.length == 0) {
            return result;
        }
        for (int i = 0; i < result.length; i++) {
            Endpoint endpoint = candidates.get(i).endpoint();
            History history = histories.get(endpoint.name());
            if (history != null && history.number < byNumber.length && history.isOf(endpoint)) {
                result[i] = byNumber[history.number];
            }
        }
        return result;
    }

    /**
     * Notes that {@code endpoint} is sent {@code blocks} now.
     *
     * @param capacityBlocks how many blocks to remember for the endpoint from here on; the first blocks win
     * @return what takes the endpoint's report; {@link Sent#computed} is to be called in any case
     */
    public Sent add(BlockHashes blocks, Endpoint endpoint, int capacityBlocks) {
        Sent sent = null;
        while (sent == null) { // again when the endpoint left and came back meanwhile
            sent = history(endpoint).add(blocks, capacityBlocks);
        }
        return sent;
    }

    /** Forgets every endpoint that is not among {@code endpoints}. */
    public void retainOnly(Collection<Endpoint> endpoints) {
        Map<String, Endpoint> staying = new HashMap<>();
        for (Endpoint endpoint : endpoints) {
            staying.put(endpoint.name(), endpoint);
        }
        for (History history : histories.values()) {
            Endpoint endpoint = staying.get(history.name);
            if (endpoint == null || !history.isOf(endpoint)) {
                forget(history);
            }
        }
    }

    /** Returns the blocks remembered, counted once for every endpoint that holds them. */
    public long size() {
        long size = 0;
        for (History history : histories.values()) {
            size += history.size();
        }
        return size;
    }

    /** Returns the places in the table, taken or not: what bounds its memory. */
    long slots() {
        return table.slots();
    }

    /** Returns the different blocks remembered. */
    public long distinctBlocks() {
        return table.size();
    }

    /**
     * Walks one prompt's chain while somebody holds all of it so far.
     *
     * @param byNumber blocks matched by the prompts before, by endpoint number
     * @return {@code byNumber}, longer where needed, with this prompt's matches added
     */
    private int[] addMatches(BlockHashes blocks, int start, int end, int[] byNumber) {
        Holders last = start < end ? table.get(blocks.hash(start)) : null;
        if (last == null) {
            return byNumber;
        }
        long[] holding = last.toBits();
        int[] sums = byNumber.length < 64 * holding.length ? Arrays.copyOf(byNumber, 64 * holding.length) : byNumber;
        int at = start + 1;
        boolean held = true;
        while (held && at < end) {
            Holders holders = table.get(blocks.hash(at));
            if (holders != last) {
                held = dropOthers(holding, holders, at - start, sums);
                last = holders;
            }
            at++;
        }
        for (int word = 0; word < holding.length; word++) {
            addTo(sums, word, holding[word], end - start);
        }
        return sums;
    }

    /** Ends the match of those who do not hold the block; tells whether anybody is left. */
    private static boolean dropOthers(long[] holding, @Nullable Holders holders, int matched, int[] sums) {
        long left = 0;
        for (int word = 0; word < holding.length; word++) {
            long still = holders == null ? 0 : holding[word] & holders.word(word);
            addTo(sums, word, holding[word] & ~still, matched);
            holding[word] = still;
            left |= still;
        }
        return left != 0;
    }

    private static void addTo(int[] sums, int word, long bits, int matched) {
        for (long rest = bits; rest != 0; rest &= rest - 1) {
            sums[64 * word + Long.numberOfTrailingZeros(rest)] += matched;
        }
    }

    private History history(Endpoint endpoint) {
        History history = histories.get(endpoint.name());
        if (history != null && !history.isOf(endpoint)) {
            forget(history);
            history = null;
        }
        return history != null ? history : histories.computeIfAbsent(endpoint.name(), name -> new History(endpoint));
    }

    private void forget(History history) {
        if (history.clear()) {
            histories.remove(history.name, history);
            // Only when its bits are gone from the table may another endpoint have the number.
            synchronized (numbers) {
                numbers.clear(history.number);
            }
        }
    }

    private int takeNumber() {
        synchronized (numbers) {
            int number = numbers.nextClearBit(0);
            numbers.set(number);
            return number;
        }
    }

    /** A prompt on its way to one endpoint: what the endpoint reports of it is what the index learns from. */
    public static final class Sent {
        private final History history;
        private final BlockHashes blocks;
        private final long turn;
        private final TurnRuns before; // of the leading blocks that were remembered already

        private Sent(History history, BlockHashes blocks, long turn, TurnRuns before) {
            this.history = history;
            this.blocks = blocks;
            this.turn = turn;
            this.before = before;
        }

        /** Notes that the endpoint has computed the prompt, or never will. */
        public void computed() {
            history.computed(turn);
        }

        /**
         * Notes that the endpoint held the first {@code heldBlocks} of the prompt when it came, and not the next one.
         *
         * @return how many blocks are no longer taken to be held
         */
        public int reported(int heldBlocks) {
            return history.reported(this, heldBlocks);
        }
    }

    /** What one endpoint was sent, the longest unused first. */
    private final class History {
        private static final int MISSES = 3; // the mask
        private static final int HIDDEN_AFTER = 2;
        private static final int TURN_SHIFT = 2;
        private static final long ABSENT = -1;

        final String name;
        final int number = takeNumber();
        private final InetSocketAddress address;
        /** By block: the turn in which it was last sent, and how often in a row it was missed. Turns never fall along the order. */
        private final Long2LongLinkedOpenHashMap recent = new Long2LongLinkedOpenHashMap();

        private final LongOpenHashSet computing = new LongOpenHashSet(); // turns whose prompts are not computed yet
        private long turns;
        private boolean ended;

        History(Endpoint endpoint) {
            name = endpoint.name();
            address = endpoint.address();
            recent.defaultReturnValue(ABSENT);
        }

        /** Tells whether {@code endpoint}, which has this name, is this one and not a successor at another address. */
        boolean isOf(Endpoint endpoint) {
            return endpoint.address() == address || endpoint.address().equals(address);
        }

        /** Returns null, having done nothing, when the endpoint was forgotten meanwhile. */
        synchronized @Nullable Sent add(BlockHashes blocks, int capacityBlocks) {
            if (ended) {
                return null;
            }
            long turn = ++turns;
            TurnRuns before = new TurnRuns();
            HolderChange joining = HolderChange.joining(number);
            for (int i = Math.min(blocks.size(), capacityBlocks) - 1; i >= 0; i--) {
                long hash = blocks.hash(i);
                long old = recent.putAndMoveToLast(hash, turn << TURN_SHIFT);
                if (old == ABSENT) {
                    table.change(hash, joining);
                    before.clear();
                } else {
                    if ((old & MISSES) != 0) {
                        recent.put(hash, turn << TURN_SHIFT | old & MISSES);
                    }
                    long last = old >> TURN_SHIFT;
                    before.prepend(i, computing.contains(last) || last == turn ? TurnRuns.UNKNOWN : last);
                }
            }
            computing.add(turn);
            while (recent.size() > capacityBlocks) {
                forgetOldest();
            }
            return new Sent(this, blocks, turn, before);
        }

        private void forgetOldest() {
            long hash = recent.firstLongKey();
            if ((recent.removeFirstLong() & MISSES) < HIDDEN_AFTER) {
                table.change(hash, HolderChange.leaving(number));
            }
        }

        synchronized void computed(long turn) {
            computing.remove(turn);
        }

        synchronized int reported(Sent sent, int held) {
            if (ended) {
                return 0;
            }
            int remembered = sent.before.end();
            for (int i = 0; i < Math.min(held, remembered); i++) {
                rate(sent.blocks.hash(i), 0);
            }
            long last = held < remembered ? sent.before.turnOf(held) : TurnRuns.UNKNOWN;
            if (last == TurnRuns.UNKNOWN) {
                return 0;
            }
            int dropped = 0;
            while (!recent.isEmpty() && isEvicted(recent.get(recent.firstLongKey()) >> TURN_SHIFT, last)) {
                forgetOldest();
                dropped++;
            }
            for (int i = held; i < remembered; i++) {
                long rating = recent.get(sent.blocks.hash(i));
                int misses = (int) (rating & MISSES);
                if (rating != ABSENT && misses < HIDDEN_AFTER) {
                    rate(sent.blocks.hash(i), misses + 1);
                    dropped += misses + 1 == HIDDEN_AFTER ? 1 : 0;
                }
            }
            return dropped;
        }

        /** Tells whether a cache that has evicted something of turn {@code last} has evicted all of {@code turn}. */
        private boolean isEvicted(long turn, long last) {
            return turn <= last && !computing.contains(turn); // what is computed is held fast
        }

        /** Sets how often in a row {@code hash} was missed, if it is remembered, and hides or shows it accordingly. */
        private void rate(long hash, int misses) {
            long rating = recent.get(hash);
            if (rating == ABSENT || (rating & MISSES) == misses) {
                return;
            }
            boolean wasHidden = (rating & MISSES) >= HIDDEN_AFTER;
            recent.put(hash, rating & ~MISSES | misses);
            if (wasHidden != misses >= HIDDEN_AFTER) {
                table.change(hash, wasHidden ? HolderChange.joining(number) : HolderChange.leaving(number));
            }
        }

        /** Forgets everything for good; tells whether this call did it. */
        synchronized boolean clear() {
            if (ended) {
                return false;
            }
            ended = true;
            while (!recent.isEmpty()) {
                forgetOldest();
            }
            return true;
        }

        synchronized int size() {
            return recent.size();
        }
    }
}
