package io.bactrian.simulator.engine;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Real time, kept by an executor of one thread that the caller owns. */
public final class ExecutorClock implements SimulationClock {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorClock.class);

    private final ScheduledExecutorService executor;

    /** Uses {@code executor}, which must have exactly one thread; an event loop qualifies. */
    public ExecutorClock(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void schedule(long delayNanos, Runnable action) {
        Runnable logged = () -> {
            try {
                action.run();
            } catch (RuntimeException e) {
                LOG.error("an action of a simulated engine failed", e);
            }
        };
        if (delayNanos <= 0) {
            executor.execute(logged);
        } else {
            executor.schedule(logged, delayNanos, TimeUnit.NANOSECONDS);
        }
    }
}
