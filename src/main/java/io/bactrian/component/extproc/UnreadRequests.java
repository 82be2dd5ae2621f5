package io.bactrian.component.extproc;

import io.bactrian.request.Finish.Outcome;
import java.time.Duration;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Requests whose answers pass by unseen. Each counts as load until its endpoint was asked for a report, and gave it, after the
 * request had been sent: the report counts it then. At the longest for a given time. Safe between threads.
 */
final class UnreadRequests {
    /** The first may have been asked for before the request was sent. */
    private static final int REPORTS = 2;

    private final Queue<Unread> waiting = new ConcurrentLinkedQueue<>();
    private final long holdNanos;

    private record Unread(ServedRequest request, long reportsBefore, long sinceNanos) {}

    UnreadRequests(Duration hold) {
        this.holdNanos = hold.toNanos();
    }

    void add(ServedRequest request) {
        request.forget();
        waiting.add(new Unread(request, reports(request), System.nanoTime()));
    }

    private static long reports(ServedRequest request) {
        return request.endpoint().load().reports();
    }

    /** Ends those whose time has come. */
    void sweep() {
        long now = System.nanoTime();
        for (Iterator<Unread> each = waiting.iterator(); each.hasNext(); ) {
            Unread unread = each.next();
            boolean reported = reports(unread.request()) - unread.reportsBefore() >= REPORTS;
            if (reported || now - unread.sinceNanos() > holdNanos) {
                each.remove();
                unread.request().inference().finish().end(Outcome.COMPLETED);
            }
        }
    }

    /** Ends all of them. */
    void close() {
        for (Unread unread = waiting.poll(); unread != null; unread = waiting.poll()) {
            unread.request().inference().finish().end(Outcome.COMPLETED);
        }
    }
}
