package io.bactrian.simulator.load;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One request from the moment it is taken up to its end. Lives on one event loop. */
final class InFlight {
    private final int index;
    private final WorkloadRequest request;
    private final long dueNanos;
    private final long startedNanos;
    private final @Nullable Histogram gaps; // where to note the gaps between events; null while warming up

    private int status;
    private @Nullable String endpoint;
    private long firstTextNanos;
    private long lastTextNanos;
    private int textEvents;
    private @Nullable TokenUsage usage;
    private boolean done;
    private boolean error;
    private boolean retried;

    InFlight(int index, WorkloadRequest request, long dueNanos, long startedNanos, @Nullable Histogram gaps) {
        this.index = index;
        this.request = request;
        this.dueNanos = dueNanos;
        this.startedNanos = startedNanos;
        this.gaps = gaps;
    }

    WorkloadRequest request() {
        return request;
    }

    /** Returns when the request was due, on {@link System#nanoTime()}. */
    long dueNanos() {
        return dueNanos;
    }

    /** Tells whether the request may be sent once more, and that it is. */
    boolean retry() {
        boolean first = !retried;
        retried = true;
        return first;
    }

    void head(int statusCode, @Nullable String servedBy) {
        status = statusCode;
        endpoint = servedBy;
    }

    int status() {
        return status;
    }

    /** Takes one event of the stream, which arrived at {@code now}. */
    void event(byte[] buffer, int from, int to, long now) {
        int content = EventContent.of(buffer, from, to);
        if ((content & EventContent.TEXT) != 0) {
            if (textEvents == 0) {
                firstTextNanos = now;
            } else if (gaps != null) {
                gaps.recordValue(Math.max(0, now - lastTextNanos));
            }
            lastTextNanos = now;
            textEvents++;
        }
        if ((content & EventContent.USAGE) != 0) {
            usage = TokenUsage.parse(buffer, from, to - from);
        }
        done |= (content & EventContent.DONE) != 0;
        error |= (content & EventContent.ERROR) != 0;
    }

    /** Takes the body of an answer that is no stream. */
    void body(byte[] json, int length) {
        usage = TokenUsage.parse(json, 0, length);
    }

    /** Returns how a stream with this status ended whose connection is closed or whose body is complete. */
    Outcome streamOutcome() {
        return error ? Outcome.ERROR_EVENT : done ? Outcome.COMPLETED : Outcome.CUT;
    }

    RequestResult finish(Outcome outcome, long now) {
        boolean hasText = textEvents > 0;
        return new RequestResult(
                index,
                request.sendAt(),
                Duration.ofNanos(startedNanos - dueNanos),
                outcome,
                status,
                endpoint,
                hasText ? Duration.ofNanos(firstTextNanos - dueNanos) : null,
                hasText ? Duration.ofNanos(lastTextNanos - dueNanos) : null,
                Duration.ofNanos(now - dueNanos),
                textEvents,
                usage);
    }
}
