package io.bactrian.request;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of one request: everything it holds is given back here, exactly once, however it ends.
 *
 * <p>Created at the door. Whatever a request acquires on its way (a reservation, a breaker permission, its bytes, a
 * connection upstream) is registered with {@link #onEnd}; the first {@link #end} runs all of it, last registered first.
 * Safe between threads.
 */
public final class Finish {
    private static final Logger LOG = LoggerFactory.getLogger(Finish.class);

    /** How a request ended. */
    public enum Outcome {
        /** The whole answer was written, be it a result or an error of the model server. */
        COMPLETED,
        /** The client closed its connection first. */
        CLIENT_LEFT,
        /** The model server died or cut its answer after part of it was written. */
        UPSTREAM_CUT,
        /** The router answered with an error of its own. */
        REFUSED
    }

    private @Nullable List<Consumer<Outcome>> actions = new ArrayList<>(8);
    private @Nullable Outcome outcome;
    private Outcome expected = Outcome.COMPLETED;

    /** Registers {@code action} for the end of the request; runs it at once if that has come already. */
    public void onEnd(Consumer<Outcome> action) {
        Outcome ended;
        synchronized (this) {
            if (actions != null) {
                actions.add(action);
                return;
            }
            ended = outcome();
        }
        run(action, ended);
    }

    /** Sets how the request ends once what is being written now has been written. */
    public synchronized void willEndAs(Outcome how) {
        expected = how;
    }

    /** Ends the request as {@link #willEndAs} said, else as completed; only the first end has an effect. */
    public void end() {
        Outcome how;
        synchronized (this) {
            how = expected;
        }
        end(how);
    }

    /**
     * Ends the request; only the first call has an effect.
     *
     * @return whether this call was the first
     */
    public boolean end(Outcome how) {
        List<Consumer<Outcome>> due;
        synchronized (this) {
            if (actions == null) {
                return false;
            }
            due = actions;
            actions = null;
            outcome = how;
        }
        for (int i = due.size() - 1; i >= 0; i--) {
            run(due.get(i), how);
        }
        return true;
    }

    /** Tells whether the request has ended. */
    public synchronized boolean hasEnded() {
        return actions == null;
    }

    private Outcome outcome() {
        if (outcome == null) {
            throw new IllegalStateException("the request has not ended");
        }
        return outcome;
    }

    private static void run(Consumer<Outcome> action, Outcome how) {
        try {
            action.accept(how);
        } catch (RuntimeException e) {
            // One failing release must not keep the others from happening.
            LOG.error("releasing what a request held failed", e);
        }
    }
}
