package io.bactrian.relay;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A timeout that is moved far more often than it passes. Used on one event loop only.
 *
 * <p>Moving it later costs a field write: the task already scheduled looks at the field when it runs and schedules
 * itself again for the rest. So a connection has at most one timer task, however many requests and bytes it carries.
 */
public final class Deadline {
    private static final long NEVER = Long.MAX_VALUE;

    private final EventLoop loop;
    private final Runnable passed;
    private long at = NEVER; // by System.nanoTime(), relative to ORIGIN
    private long scheduledFor = NEVER;
    private @Nullable ScheduledFuture<?> task;

    private static final long ORIGIN = System.nanoTime();

    /** Calls {@code passed} on {@code loop} each time a deadline passes. */
    public Deadline(EventLoop loop, Runnable passed) {
        this.loop = loop;
        this.passed = passed;
    }

    /** Sets the deadline to {@code delay} from now, in place of an earlier one. */
    public void set(Duration delay) {
        setAt(now() + delay.toNanos());
    }

    /** Sets the deadline to {@code time} by {@link #now()}, in place of an earlier one. */
    void setAt(long time) {
        at = time;
        if (at < scheduledFor) {
            schedule();
        }
    }

    /** Takes the deadline away; one that was set never passes. */
    public void clear() {
        at = NEVER;
    }

    /** Takes the deadline away and frees its timer; to be called when the owner ends. */
    public void cancel() {
        clear();
        if (task != null) {
            task.cancel(false);
            task = null;
            scheduledFor = NEVER;
        }
    }

    private void schedule() {
        if (task != null) {
            task.cancel(false);
        }
        scheduledFor = at;
        task = loop.schedule(this::check, Math.max(0, at - now()), TimeUnit.NANOSECONDS);
    }

    private void check() {
        task = null;
        scheduledFor = NEVER;
        if (at == NEVER) {
            return;
        }
        if (now() >= at) {
            at = NEVER;
            passed.run();
        } else {
            schedule();
        }
    }

    /** Returns the time deadlines are told in: nanoseconds, and never negative. */
    static long now() {
        return System.nanoTime() - ORIGIN;
    }
}
