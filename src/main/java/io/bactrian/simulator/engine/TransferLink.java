package io.bactrian.simulator.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The wire on which an engine's KV entries leave it: all transfers under way share its bandwidth equally.
 *
 * <p>It is as slow as its engine, and stands still while that hangs.
 */
public final class TransferLink {
    private static final double NANOS_PER_SECOND = 1e9;
    // Less than a byte is left of a transfer that is over, whatever the rounding.
    private static final double NOTHING = 0.5;

    private final TransferCost cost;
    private final EngineTime time;
    private final List<Transfer> active = new ArrayList<>();
    private long settledNanos;
    // Grows with every change of the active transfers: a timer of an earlier plan does nothing.
    private long plan;

    TransferLink(TransferCost cost, EngineTime time) {
        this.cost = cost;
        this.time = time;
    }

    /**
     * Moves the KV entries of {@code tokens} tokens, then calls {@code done}; never within this call.
     *
     * @return gives the transfer up
     */
    public Runnable start(int tokens, Runnable done) {
        Transfer transfer = new Transfer((double) tokens * cost.bytesPerToken(), done);
        time.at(time.end(time.now(), cost.setupNanos()), () -> begin(transfer));
        return () -> cancel(transfer);
    }

    private void begin(Transfer transfer) {
        if (!transfer.isCancelled) {
            settle();
            active.add(transfer);
            planNext();
        }
    }

    private void cancel(Transfer transfer) {
        transfer.isCancelled = true;
        settle();
        if (active.remove(transfer)) {
            planNext();
        }
    }

    private void settle() {
        long now = time.now();
        if (!active.isEmpty()) {
            double moved = (now - settledNanos) / nanosPerByte();
            active.forEach(transfer -> transfer.bytesLeft -= moved);
        }
        settledNanos = now;
    }

    private void planNext() {
        long current = ++plan;
        double least = active.stream()
                .mapToDouble(transfer -> transfer.bytesLeft)
                .min()
                .orElse(-1);
        if (!active.isEmpty()) {
            long end = time.now() + (long) Math.ceil(Math.max(0, least) * nanosPerByte());
            time.at(end, () -> finishThoseThatAreOver(current));
        }
    }

    private void finishThoseThatAreOver(long planned) {
        if (planned != plan) {
            return;
        }
        settle();
        List<Transfer> over =
                active.stream().filter(transfer -> transfer.bytesLeft < NOTHING).toList();
        active.removeAll(over);
        planNext();
        over.forEach(transfer -> transfer.done.run());
    }

    private double nanosPerByte() {
        return time.end(0, NANOS_PER_SECOND) / cost.bytesPerSecond() * active.size();
    }

    private static final class Transfer {
        final Runnable done;
        double bytesLeft;
        boolean isCancelled;

        Transfer(double bytes, Runnable done) {
            this.bytesLeft = bytes;
            this.done = done;
        }
    }
}
