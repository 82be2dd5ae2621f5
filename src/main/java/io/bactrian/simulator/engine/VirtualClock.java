package io.bactrian.simulator.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Time that passes only when told to: actions run in the order of their due times, equal times in the order in which
 * they were scheduled, so that a run is the same every time. Not safe between threads.
 */
public final class VirtualClock implements SimulationClock {
    private record Event(long dueNanos, long order, Runnable action) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::dueNanos).thenComparingLong(Event::order));
    private long nowNanos;
    private long scheduled;

    @Override
    public long nanoTime() {
        return nowNanos;
    }

    @Override
    public void schedule(long delayNanos, Runnable action) {
        events.add(new Event(nowNanos + Math.max(0, delayNanos), scheduled++, action));
    }

    /**
     * Moves to the next due action and runs it.
     *
     * @return whether there was one
     */
    public boolean runNext() {
        Event next = events.poll();
        if (next == null) {
            return false;
        }
        nowNanos = next.dueNanos();
        next.action().run();
        return true;
    }

    /** Runs actions until none is left. */
    public void runUntilIdle() {
        while (runNext()) {
            // Everything happens in the condition.
        }
    }

    /** Lets {@code duration} pass, running what falls due in it. */
    public void advance(Duration duration) {
        long until = nowNanos + duration.toNanos();
        for (Event next = events.peek(); next != null && next.dueNanos() <= until; next = events.peek()) {
            runNext();
        }
        nowNanos = until;
    }
}
