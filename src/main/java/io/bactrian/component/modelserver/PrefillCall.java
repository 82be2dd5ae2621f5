package io.bactrian.component.modelserver;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.KvConnector;
import io.bactrian.engine.connector.SplitRequest;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.ByteBuffer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The prefill step of one request: has the prompt computed and leaves a {@link SplitRun} for the decode step. Where both legs are sent at
 * once, or the decode endpoint is tried first, it only prepares that. Everything happens on one event loop.
 */
final class PrefillCall implements PrefillRun.Listener {
    private final ModelServerComponent.Services services;
    private final Exchange exchange;
    private final InferenceExchange inference;
    private final EventLoop loop;
    private final Answer answer;
    private final AsyncCallback callback;
    private @Nullable PrefillRun run;
    private boolean done;

    /** @param answer takes what a prefill endpoint has to say of a request that no other would take either */
    PrefillCall(
            ModelServerComponent.Services services,
            Exchange exchange,
            InferenceExchange inference,
            EventLoop loop,
            Answer answer,
            AsyncCallback callback) {
        this.services = services;
        this.exchange = exchange;
        this.inference = inference;
        this.loop = loop;
        this.answer = answer;
        this.callback = callback;
    }

    void begin() {
        EndpointState prefill = inference.decision().prefillEndpoint();
        if (prefill == null
                || !services.splits().isRouters(inference.poolName())
                || inference.finish().hasEnded()) {
            goOn();
            return;
        }
        SplitRun split = new SplitRun(services, inference);
        inference.setSplit(split);
        inference.finish().onEnd(this::onEnd);
        SplitRequest request = split.request(prefill, "");
        if (!split.connector().takes(request)) {
            split.leaveWhole();
            goOn();
        } else if (split.connector().order() == KvConnector.Order.TOGETHER || split.triesDecodeFirst(request)) {
            goOn();
        } else {
            PrefillRun begun = new PrefillRun(services, inference, loop, split, this);
            run = begun;
            begun.begin(prefill);
        }
    }

    @Override
    public void relay(HttpResponse head, ByteBuffer body) {
        done = true;
        exchange.setRouteStop(true);
        answer.begin(head, services.flows().whole(inference.request(), head, body, inference.clientModel()));
    }

    @Override
    public void fail(InferenceException problem) {
        exchange.setException(problem);
        goOn();
    }

    private void onEnd(Outcome outcome) {
        if (loop.inEventLoop()) {
            close();
        } else {
            loop.execute(this::close);
        }
    }

    private void close() {
        if (run != null) {
            run.abort();
        }
        if (!done) {
            exchange.setRouteStop(true);
            goOn();
        }
    }

    @Override
    public void goOn() {
        if (!done) {
            done = true;
            callback.done(false);
        }
    }
}
