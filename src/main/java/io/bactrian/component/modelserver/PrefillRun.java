package io.bactrian.component.modelserver;

import io.bactrian.component.modelserver.StageLeg.Failure;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.SplitRequest;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the prompt of one request computed before it is decoded: at another endpoint if the first fails. Used on one event loop. */
final class PrefillRun implements StageLeg.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(PrefillRun.class);

    /** Hears how it went; one call. */
    interface Listener {
        /** The request goes on: with the prompt computed, or by the decision in force without. */
        void goOn();

        /** The request is at fault, and the decode endpoint would say the same. */
        void relay(HttpResponse head, ByteBuffer body);

        /** The request ends here. */
        void fail(InferenceException problem);
    }

    private final RequestScope scope;
    private final SplitRun run;
    private final Listener listener;
    private @Nullable EndpointState prefill;
    private @Nullable Tokenizing tokenizing;
    private @Nullable StageLeg leg;
    private @Nullable Arrival arrival;
    private long sentNanos;
    private boolean computed; // the prompt, once, so that blocks may be left behind

    PrefillRun(RequestScope scope, SplitRun run, Listener listener) {
        this.scope = scope;
        this.run = run;
        this.listener = listener;
    }

    void begin(EndpointState endpoint) {
        prefill = endpoint;
        sentNanos = System.nanoTime();
        SplitRequest request = run.request(endpoint, "");
        run.begin(request);
        if (run.connector().wantsTokens(request)) {
            Tokenizing asks = new Tokenizing(scope, endpoint, this::tokenized, this::failed);
            tokenizing = asks;
            asks.begin(timeout());
        } else {
            send(endpoint, timeout());
        }
    }

    private void tokenized(String ids) {
        EndpointState endpoint = Objects.requireNonNull(prefill);
        run.tokenized(endpoint, ids);
        send(endpoint, timeout().minusNanos(System.nanoTime() - sentNanos));
    }

    private void send(EndpointState endpoint, Duration timeout) {
        arrival = new Arrival(scope, run.pushName(), run.settings().lmcache().tpSize());
        StageLeg next = new StageLeg(scope, StageLeg.Stage.PREFILL, endpoint, run.prefillLeg(), this);
        leg = next;
        next.begin(timeout);
    }

    private Duration timeout() {
        return run.settings()
                .prefillTimeout(scope.inference().request().prompt().estimatedTokens());
    }

    void abort() {
        if (tokenizing != null) {
            tokenizing.abort();
        }
        if (arrival != null && !computed) {
            arrival.stop(); // else what becomes of the blocks is up to the end of the request
        }
        if (leg != null) {
            leg.abort();
        }
    }

    @Override
    public void answered(byte[] body) {
        try {
            run.answered(body, sentNanos);
        } catch (IOException e) {
            failed(Failure.of("no_json", "its answer makes no sense: " + e.getMessage()));
            return;
        }
        if (!computed) {
            computed = true;
            scope.inference().finish().onEnd(this::ended);
        }
        Duration left = timeout().minusNanos(System.nanoTime() - sentNanos);
        Objects.requireNonNull(arrival)
                .await(
                        left,
                        listener::goOn,
                        () -> failed(Failure.of("timeout", "the blocks did not arrive within " + timeout())));
    }

    private void ended(Outcome outcome) {
        DrainLeg.sendIfStranded(scope, run, outcome, Objects.requireNonNull(arrival));
    }

    @Override
    public void failed(Failure failure) {
        if (arrival != null) {
            arrival.stop();
        }
        LOG.debug("request {}: prefill: {}", scope.inference().requestId(), failure.message());
        SplitRun.Next next = run.next(Objects.requireNonNull(prefill), failure);
        HttpResponse head = failure.head();
        if (next.picked() == null && !failure.retriable() && head != null) {
            listener.relay(head, failure.body());
        } else if (next.problem() != null) {
            listener.fail(next.problem());
        } else if (next.picked() != null && next.picked().prefillEndpoint() != null) {
            begin(Objects.requireNonNull(next.picked().prefillEndpoint()));
        } else {
            listener.goOn();
        }
    }
}
