package io.bactrian.simulator.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The blocks an engine keeps for others to read, each set under a name and a lease.
 *
 * <p>A set has one consumer: whoever reads it first frees it. Whoever asks for a name before it exists may wait for it.
 * Confined to the engine's thread.
 */
public final class RemoteBlocks {
    // How many names that are over are remembered, to tell late readers why they find nothing.
    private static final int REMEMBERED = 10_000;

    private final InferenceEngine engine;
    private final TransferLink link;
    private final long bytesPerToken;
    private final long leaseNanos;
    private final Map<String, Offer> offers = new HashMap<>();
    private final Map<String, List<Reader>> readers = new HashMap<>();
    private final Map<String, ReadOutcome> over = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ReadOutcome> eldest) {
            return size() > REMEMBERED;
        }
    };
    private final RemoteBlockCounts counts = new RemoteBlockCounts();

    /** Keeps blocks of {@code engine} for {@code lease}. */
    public RemoteBlocks(InferenceEngine engine, TransferCost cost, Duration lease) {
        if (lease.isNegative() || lease.isZero()) {
            throw new IllegalArgumentException("lease: " + lease + " (expected: > 0)");
        }
        this.engine = engine;
        this.link = engine.newLink(cost);
        this.bytesPerToken = cost.bytesPerToken();
        this.leaseNanos = lease.toNanos();
    }

    /** Tells whether {@code name} is offered, or was. */
    public boolean knows(String name) {
        return offers.containsKey(name) || over.containsKey(name);
    }

    /**
     * Keeps the blocks of a sequence that has ended.
     *
     * @param ended told once how it went: {@link ReadOutcome#READ}, {@link ReadOutcome#EXPIRED}, or
     *     {@link ReadOutcome#UNKNOWN} if it was withdrawn
     */
    public void offer(String name, Sequence sequence, Consumer<ReadOutcome> ended) {
        Offer offer = new Offer(name, sequence, ended);
        offers.put(name, offer);
        over.remove(name);
        engine.after(leaseNanos, () -> expire(offer));
        List<Reader> waiting = readers.remove(name);
        if (waiting != null) {
            waiting.forEach(reader -> read(name, reader));
        }
    }

    /**
     * Reads what follows the first {@code localTokens} of the blocks under {@code name}, and frees them.
     *
     * @param patience how long to wait for the name to be offered
     * @param ended told the outcome once, never within this call
     * @return gives the read up, which leaves the blocks to their lease
     */
    public Runnable read(String name, int localTokens, Duration patience, Consumer<ReadOutcome> ended) {
        Reader reader = new Reader(localTokens, ended);
        if (knows(name) || patience.isZero()) {
            engine.after(0, () -> read(name, reader));
        } else {
            readers.computeIfAbsent(name, unused -> new ArrayList<>()).add(reader);
            engine.after(patience.toNanos(), () -> giveUp(name, reader));
        }
        return () -> cancel(name, reader);
    }

    /** Frees what is offered under {@code name}, if anything is: whoever reads it finds nothing. */
    public void withdraw(String name) {
        Offer offer = offers.get(name);
        if (offer == null) {
            return;
        }
        Reader reader = offer.reader;
        end(offer, ReadOutcome.UNKNOWN);
        if (reader != null) {
            reader.cancelTransfer.run();
            end(reader, ReadOutcome.UNKNOWN);
        }
    }

    /** Tells whether the blocks under {@code name} hold the prompt that has this hash; true if there are none. */
    public boolean matches(String name, long promptHash) {
        Offer offer = offers.get(name);
        return offer == null
                || InferenceEngine.promptHash(offer.sequence.request.prompt(), offer.sequence.request.cacheRoot())
                        == promptHash;
    }

    /** Returns the blocks that are kept. */
    public int pinnedBlocks() {
        return offers.values().stream()
                .mapToInt(offer -> offer.sequence.blocks.size())
                .sum();
    }

    /** Returns the sets of blocks that are kept. */
    public int pinnedSets() {
        return offers.size();
    }

    /** Returns what has happened so far. */
    public RemoteBlockCounts counts() {
        return counts;
    }

    private void read(String name, Reader reader) {
        if (reader.isOver) {
            return;
        }
        Offer offer = offers.get(name);
        if (offer == null) {
            end(reader, over.getOrDefault(name, ReadOutcome.UNKNOWN));
        } else if (offer.reader != null) {
            end(reader, ReadOutcome.TAKEN);
        } else {
            offer.reader = reader;
            int tokens = Math.max(0, offer.sequence.promptTokens() - reader.localTokens);
            reader.cancelTransfer = link.start(tokens, () -> finish(offer, reader, tokens));
        }
    }

    private void finish(Offer offer, Reader reader, int tokens) {
        counts.transferred(tokens * bytesPerToken);
        end(offer, ReadOutcome.READ);
        end(reader, ReadOutcome.READ);
    }

    private void expire(Offer offer) {
        if (offers.get(offer.name) != offer) {
            return;
        }
        counts.leaseExpired();
        Reader reader = offer.reader;
        end(offer, ReadOutcome.EXPIRED);
        if (reader != null) {
            reader.cancelTransfer.run();
            end(reader, ReadOutcome.EXPIRED);
        }
    }

    private void end(Offer offer, ReadOutcome outcome) {
        offers.remove(offer.name);
        over.put(offer.name, outcome == ReadOutcome.READ ? ReadOutcome.TAKEN : outcome);
        engine.releaseBlocks(offer.sequence);
        offer.ended.accept(outcome);
    }

    private void giveUp(String name, Reader reader) {
        List<Reader> waiting = readers.get(name);
        if (waiting != null && waiting.remove(reader)) {
            if (waiting.isEmpty()) {
                readers.remove(name);
            }
            end(reader, ReadOutcome.UNKNOWN);
        }
    }

    private void end(Reader reader, ReadOutcome outcome) {
        if (reader.isOver) {
            return;
        }
        reader.isOver = true;
        counts.read(outcome);
        reader.ended.accept(outcome);
    }

    private void cancel(String name, Reader reader) {
        if (reader.isOver) {
            return;
        }
        reader.isOver = true;
        reader.cancelTransfer.run();
        List<Reader> waiting = readers.get(name);
        if (waiting != null && waiting.remove(reader) && waiting.isEmpty()) {
            readers.remove(name);
        }
        Offer offer = offers.get(name);
        if (offer != null && offer.reader == reader) {
            offer.reader = null;
        }
    }

    private static final class Offer {
        final String name;
        final Sequence sequence;
        final Consumer<ReadOutcome> ended;

        @Nullable
        Reader reader;

        Offer(String name, Sequence sequence, Consumer<ReadOutcome> ended) {
            this.name = name;
            this.sequence = sequence;
            this.ended = ended;
        }
    }

    private static final class Reader {
        final int localTokens;
        final Consumer<ReadOutcome> ended;
        Runnable cancelTransfer = () -> {};
        boolean isOver;

        Reader(int localTokens, Consumer<ReadOutcome> ended) {
            this.localTokens = localTokens;
            this.ended = ended;
        }
    }
}
