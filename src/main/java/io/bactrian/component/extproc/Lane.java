package io.bactrian.component.extproc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs pieces of work one after the other, in the order in which they came, on whatever thread brings them: at once when nothing
 * runs, else on the thread that is running already. Safe between threads.
 *
 * <p>Almost every message finds its lane free. {@link #tryEnter} then costs one atomic step and no object.
 */
final class Lane implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

    private final AtomicInteger pieces = new AtomicInteger(); // that run or wait
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    /** Tells whether nothing runs; the caller then works itself, and calls {@link #leave} in the end. */
    boolean tryEnter() {
        return pieces.compareAndSet(0, 1);
    }

    /** Runs what has come in the meantime. */
    void leave() {
        if (pieces.decrementAndGet() != 0) {
            drain();
        }
    }

    @Override
    public void execute(Runnable work) {
        if (tryEnter()) {
            run(work);
            leave();
            return;
        }
        waiting.add(work);
        if (pieces.getAndIncrement() == 0) {
            drain();
        }
    }

    private static void run(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.error("work on a stream failed", e);
        }
    }

    private void drain() {
        do {
            run(waiting.remove()); // what is counted has been added before
        } while (pieces.decrementAndGet() != 0);
    }
}
