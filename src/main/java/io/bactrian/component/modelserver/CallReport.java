package io.bactrian.component.modelserver;

import io.bactrian.api.TokenUsage;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import org.jspecify.annotations.Nullable;

/** Notes of one request at its model server, from which is told at its end what it came to. */
final class CallReport {
    private final RequestScope scope;
    private long sentNanos = System.nanoTime();
    private long firstBytesNanos = RelayTimes.NEVER;
    private long answeredNanos = RelayTimes.NEVER;
    private int attempts;
    private int status;
    private @Nullable InferenceException problem;

    CallReport(RequestScope scope) {
        this.scope = scope;
    }

    /** Notes that the request is sent for the first time. */
    void sent() {
        sentNanos = System.nanoTime();
    }

    /** Notes that an endpoint is tried. */
    void attempted() {
        attempts++;
    }

    /** Notes that the last attempt was none: the connection had been closed before. */
    void attemptDoesNotCount() {
        attempts--;
    }

    /** Notes that an endpoint has answered with {@code code}. */
    void status(int code) {
        status = code;
    }

    /** Notes that the first bytes for the client are there. */
    void firstBytes() {
        firstBytesNanos = System.nanoTime();
    }

    /** Returns how long ago the first bytes were there; they are. */
    long sinceFirstBytesNanos() {
        return System.nanoTime() - firstBytesNanos;
    }

    /** Notes that the answer has come whole. */
    void answered() {
        answeredNanos = System.nanoTime();
    }

    /** Notes what the client was answered with, or its answer cut with. */
    void failed(InferenceException why) {
        problem = why;
    }

    /**
     * Tells what the request came to, which has ended.
     *
     * @param endpoint host and port of the one that was tried last
     * @param flow the answer; null if there was none
     */
    void tell(Outcome outcome, String endpoint, @Nullable ResponseFlow flow) {
        int promptTokens = scope.inference().request().promptTokens();
        RelayTimes times = new RelayTimes(
                scope.inference().admittedNanos(),
                sinceBegin(sentNanos),
                sinceBegin(firstBytesNanos),
                sinceBegin(answeredNanos),
                sinceBegin(System.nanoTime()));
        scope.services()
                .observer()
                .ended(new RelayRecord(
                        scope.inference().request(),
                        scope.inference().poolName(),
                        endpoint,
                        status,
                        outcome,
                        problem,
                        flow == null ? TokenUsage.estimate(promptTokens, 0) : flow.usage(promptTokens),
                        attempts,
                        flow == null ? 0 : flow.bytes(),
                        times,
                        scope.inference().trace(),
                        flow == null ? null : flow.gaps()));
    }

    private long sinceBegin(long nanos) {
        return nanos == RelayTimes.NEVER
                ? RelayTimes.NEVER
                : nanos - scope.inference().beganNanos();
    }
}
