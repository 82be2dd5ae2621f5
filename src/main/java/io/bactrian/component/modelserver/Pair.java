package io.bactrian.component.modelserver;

import io.bactrian.component.modelserver.StageLeg.Failure;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Both legs of a request that are sent at once and meet by themselves. Until the answer begins the failure of one ends the other, and
 * another pair is tried with names of its own; after that the prefill leg may end as it likes.
 */
final class Pair implements StageLeg.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Pair.class);
    private static final Set<Integer> RETRIABLE = Set.of(408, 429, 500, 502, 503, 504);

    private final RequestScope scope;
    private final SplitRun split;
    private final DecodeCall decode;
    private @Nullable EndpointState prefill;
    private @Nullable StageLeg leg;
    private @Nullable Future<?> deadline;
    private long sentNanos;
    private boolean over;

    Pair(RequestScope scope, SplitRun split, DecodeCall decode) {
        this.scope = scope;
        this.split = split;
        this.decode = decode;
    }

    void begin(EndpointState endpoint) {
        prefill = endpoint;
        scope.services().engineIds().find(scope.loop(), split, endpoint, id -> {
            if (!over && id != null) {
                send(endpoint, id);
            } else if (!over) {
                failed(Failure.of(
                        "bootstrap", "endpoint " + endpoint.endpoint().hostPort() + " does not tell its engine's id"));
            }
        });
    }

    private void send(EndpointState endpoint, String engineId) {
        split.begin(split.request(endpoint, engineId));
        sentNanos = System.nanoTime();
        StageLeg next = new StageLeg(scope, StageLeg.Stage.PREFILL, endpoint, split.prefillLeg(), this);
        leg = next;
        next.begin(split.settings()
                .prefillTimeout(scope.inference().request().prompt().estimatedTokens()));
        if (!over) {
            decode.attemptPaired();
        }
    }

    @Override
    public void answered(byte[] body) {
        try {
            split.computed(sentNanos, body);
        } catch (IOException e) {
            failed(Failure.of("no_json", "its answer is no JSON: " + e.getMessage()));
            return;
        }
        decode.releaseAnswer();
        if (!over && !decode.hasBegun()) {
            deadline = scope.loop()
                    .schedule(this::onDeadline, split.settings().pairTimeout().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void onDeadline() {
        if (!over && !decode.hasBegun()) {
            abort();
            decode.failWith(new InferenceException(
                    ErrorCode.UPSTREAM_TIMEOUT,
                    "the answer did not begin within " + split.settings().pairTimeout() + " of its prompt"));
        }
    }

    @Override
    public void failed(Failure failure) {
        if (over) {
            return;
        }
        if (decode.hasBegun()) {
            LOG.debug(
                    "request {}: prefill, after the answer began: {}",
                    scope.inference().requestId(),
                    failure.message());
            return;
        }
        abort();
        scope.services().engineIds().forget(prefill);
        if (prefill != null) {
            goOn(split.next(prefill, failure), failure);
        }
    }

    /** Tells whether another pair may do better after the decode endpoint answered {@code status}. */
    boolean retriesAfter(int status) {
        return RETRIABLE.contains(status)
                && split.mayTryAgain(scope.inference().decision().endpoint());
    }

    /** The decode leg failed before it began to answer. */
    void decodeFailed(String reason, String message) {
        if (!over) {
            abort();
            scope.services().engineIds().forget(prefill);
            Failure failure = Failure.of("decode_" + reason, message);
            goOn(split.nextAfterDecode(scope.inference().decision().endpoint(), failure), failure);
        }
    }

    private void goOn(SplitRun.Next next, Failure failure) {
        HttpResponse head = failure.head();
        if (next.picked() != null) {
            decode.giveUpAttempt();
            decode.attemptWithPrefill();
        } else if (head != null && !failure.retriable()) {
            decode.answerWith(head, failure.body());
        } else if (next.problem() != null) {
            decode.failWith(next.problem());
        }
    }

    /** Gives the prefill leg up. */
    void abort() {
        over = true;
        if (leg != null) {
            leg.abort();
        }
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
