package io.bactrian.component.modelserver;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.KvConnector;
import io.bactrian.engine.connector.SplitRequest;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.InferenceException;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The prefill step of one request: has the prompt computed and leaves a {@link SplitRun} for the decode step. Where both legs are sent at
 * once, or the decode endpoint is tried first, it only prepares that. Everything happens on one event loop.
 */
final class PrefillCall implements PrefillRun.Listener {
    private final RequestScope scope;
    private final StageStep step;
    private @Nullable PrefillRun run;

    PrefillCall(RequestScope scope, StageStep step) {
        this.scope = scope;
        this.step = step;
    }

    void begin() {
        InferenceExchange inference = scope.inference();
        EndpointState prefill = inference.decision().prefillEndpoint();
        if (prefill == null || !scope.isSplitHere() || inference.finish().hasEnded()) {
            goOn();
            return;
        }
        SplitRun split = new SplitRun(scope);
        inference.setSplit(split);
        scope.onEnd(outcome -> close());
        SplitRequest request = split.request(prefill, "");
        if (split.connector().looksThroughBody()) {
            scope.read(() -> split.connector().takes(request), takes -> begin(prefill, split, request, takes));
        } else {
            begin(prefill, split, request, split.connector().takes(request));
        }
    }

    private void begin(EndpointState prefill, SplitRun split, SplitRequest request, boolean takes) {
        if (step.isLeft()) {
            return; // the client left while the body was looked through
        }
        if (!takes) {
            split.leaveWhole();
            goOn();
        } else if (split.connector().order() == KvConnector.Order.TOGETHER || split.triesDecodeFirst(request)) {
            goOn();
        } else {
            PrefillRun begun = new PrefillRun(scope, split, this);
            run = begun;
            begun.begin(prefill);
        }
    }

    @Override
    public void goOn() {
        step.goOn();
    }

    @Override
    public void relay(HttpResponse head, ByteBuffer body) {
        step.answerWith(head, body);
    }

    @Override
    public void fail(InferenceException problem) {
        step.fail(problem);
    }

    private void close() {
        if (run != null) {
            run.abort();
        }
        step.stop();
    }
}
