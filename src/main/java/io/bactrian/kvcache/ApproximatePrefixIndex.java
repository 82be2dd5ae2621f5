package io.bactrian.kvcache;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import it.unimi.dsi.fastutil.longs.LongLinkedOpenHashSet;
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
 * <p>Safe between threads. Matching takes no lock. Notes for one endpoint wait for each other; those for different
 * endpoints meet only in one of 256 stripes, for one block at a time. Memory is bounded by the endpoints' capacities:
 * 70 to 80 bytes for a block at an endpoint, as measured.
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
     */
    public void add(BlockHashes blocks, Endpoint endpoint, int capacityBlocks) {
        boolean noted = false;
        while (!noted) { // again when the endpoint left and came back meanwhile
            noted = history(endpoint).add(blocks, capacityBlocks);
        }
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

    /** What one endpoint was sent, the longest unused first. */
    private final class History {
        final String name;
        final int number = takeNumber();
        private final InetSocketAddress address;
        private final LongLinkedOpenHashSet recent = new LongLinkedOpenHashSet();
        private boolean ended;

        History(Endpoint endpoint) {
            name = endpoint.name();
            address = endpoint.address();
        }

        /** Tells whether {@code endpoint}, which has this name, is this one and not a successor at another address. */
        boolean isOf(Endpoint endpoint) {
            return endpoint.address() == address || endpoint.address().equals(address);
        }

        /** Returns false, having done nothing, when the endpoint was forgotten meanwhile. */
        synchronized boolean add(BlockHashes blocks, int capacityBlocks) {
            if (ended) {
                return false;
            }
            HolderChange joining = HolderChange.joining(number);
            for (int i = Math.min(blocks.size(), capacityBlocks) - 1; i >= 0; i--) {
                long hash = blocks.hash(i);
                if (recent.addAndMoveToLast(hash)) {
                    table.change(hash, joining);
                }
            }
            HolderChange leaving = HolderChange.leaving(number);
            while (recent.size() > capacityBlocks) {
                table.change(recent.removeFirstLong(), leaving);
            }
            return true;
        }

        /** Forgets everything for good; tells whether this call did it. */
        synchronized boolean clear() {
            if (ended) {
                return false;
            }
            ended = true;
            HolderChange leaving = HolderChange.leaving(number);
            while (!recent.isEmpty()) {
                table.change(recent.removeFirstLong(), leaving);
            }
            return true;
        }

        synchronized int size() {
            return recent.size();
        }
    }
}
