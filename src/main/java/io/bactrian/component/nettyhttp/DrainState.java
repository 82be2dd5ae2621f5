package io.bactrian.component.nettyhttp;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Whether the process takes requests, and how many it has under way. Safe between threads. */
public final class DrainState {
    /** The stages of a stop. */
    public enum Stage {
        /** Requests are taken. */
        SERVING,
        /** Requests are still taken, while load balancers learn that the process is leaving. */
        LEAVING,
        /** New requests are refused; those under way go on. */
        REFUSING
    }

    private final AtomicInteger inFlight = new AtomicInteger();
    private final List<Runnable> refusingListeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private volatile Stage stage = Stage.SERVING;

    /** Returns the stage. */
    public Stage stage() {
        return stage;
    }

    /** Returns the requests under way. */
    public int inFlight() {
        return inFlight.get();
    }

    /** Makes it known that the process will stop; requests are still taken. */
    public void leave() {
        stage = Stage.LEAVING;
    }

    /**
     * Takes no more requests and waits for those under way.
     *
     * @return whether all ended within {@code timeout}
     */
    public boolean refuseAndAwaitIdle(Duration timeout) throws InterruptedException {
        stage = Stage.REFUSING;
        refusingListeners.forEach(Runnable::run);
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (inFlight.get() > 0 && left > 0) {
                left = idle.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
        return inFlight.get() == 0;
    }

    /** Runs {@code listener} when requests begin to be refused. */
    void onRefusing(Runnable listener) {
        refusingListeners.add(listener);
    }

    /** Counts one request more. */
    public void requestBegan() {
        inFlight.incrementAndGet();
    }

    /** Counts one request less. */
    public void requestEnded() {
        if (inFlight.decrementAndGet() == 0 && stage == Stage.REFUSING) {
            lock.lock();
            try {
                idle.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
