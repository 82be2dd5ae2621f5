package io.bactrian.tokenizer;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs at most so many tasks of a kind at a time on the threads of another executor, so that the others do not wait for this kind; the
 * rest waits in order. Whoever gives tasks limits how many wait.
 */
final class LimitedExecutor implements Executor {
    private final Executor threads;
    private final int limit;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int running;

    LimitedExecutor(Executor threads, int limit) {
        this.threads = threads;
        this.limit = limit;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            waiting.add(task);
            if (running == limit) {
                return;
            }
            running++;
        }
        threads.execute(this::runNext);
    }

    private void runNext() {
        Runnable task = next();
        if (task == null) {
            return;
        }
        try {
            task.run();
        } finally {
            threads.execute(this::runNext); // and not at once: others wait for this thread too
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable next = waiting.poll();
        if (next == null) {
            running--;
        }
        return next;
    }
}
