package io.bactrian.component.modelserver;

import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits for the blocks of one attempt to arrive where they are pushed to, as far as that is told apart. Used on one event loop. */
final class Arrival {
    private final RequestScope scope;
    private final PushNotices notices;
    private final String name;
    private @Nullable Future<?> deadline;
    private boolean hasArrived;
    private boolean over;

    /** @param name of the blocks; empty if the prefill endpoint's answer says that they have arrived */
    Arrival(RequestScope scope, String name, int notices) {
        this.scope = scope;
        this.notices = scope.services().splits().notices();
        this.name = name;
        if (!name.isEmpty()) {
            this.notices.expect(name, notices);
        }
    }

    /**
     * Runs {@code arrived} once they are there, or {@code late} if they are not within {@code timeout}; in place of those of an earlier call,
     * if it waits still.
     */
    void await(Duration timeout, Runnable arrived, Runnable late) {
        if (name.isEmpty() || hasArrived) {
            arrived.run();
            return;
        }
        if (over) {
            late.run(); // nobody listens any more
            return;
        }
        if (deadline != null) {
            deadline.cancel(false); // somebody else waits from here on
        }
        deadline = scope.loop().schedule(() -> end(late), timeout.toNanos(), TimeUnit.NANOSECONDS);
        notices.whenArrived(name, () -> scope.loop().execute(() -> arrived(arrived)));
    }

    private void arrived(Runnable then) {
        if (!over) {
            hasArrived = true;
            end(then);
        }
    }

    private void end(Runnable then) {
        if (!over) {
            stop();
            then.run();
        }
    }

    /** Waits no longer; to be called from any thread. Most connectors push nothing, and have nothing to wait for. */
    void leave() {
        if (!name.isEmpty()) {
            scope.loop().execute(this::stop);
        }
    }

    /** Waits no longer. */
    void stop() {
        over = true;
        notices.forget(name);
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
