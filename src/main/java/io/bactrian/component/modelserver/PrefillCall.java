package io.bactrian.component.modelserver;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.KvConnector;
import io.bactrian.engine.connector.PrefillAnswer;
import io.bactrian.engine.connector.SplitRequest;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.relay.ResponseFlows;
import io.bactrian.request.Finish.Outcome;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The prefill step of one request: has the prompt computed, at another endpoint if the first fails, and leaves a {@link SplitRun} for
 * the decode step. Where both legs are sent at once it only prepares that. Everything happens on one event loop.
 */
final class PrefillCall implements StageLeg.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(PrefillCall.class);

    private final ModelServerComponent.Services services;
    private final Exchange exchange;
    private final InferenceExchange inference;
    private final EventLoop loop;
    private final Answer answer;
    private final AsyncCallback callback;
    private @Nullable SplitRun split;
    private @Nullable EndpointState prefill;
    private @Nullable StageLeg leg;
    private long sentNanos;
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
        prefill = inference.decision().prefillEndpoint();
        if (prefill == null
                || !services.splits().isRouters(inference.poolName())
                || inference.finish().hasEnded()) {
            goOn();
            return;
        }
        SplitRun run = new SplitRun(services, inference);
        split = run;
        inference.setSplit(run);
        inference.finish().onEnd(this::onEnd);
        SplitRequest request = run.request(prefill, "");
        if (!run.connector().takes(request)) {
            run.leaveWhole();
            goOn();
        } else if (run.connector().order() == KvConnector.Order.TOGETHER) {
            goOn();
        } else {
            attempt(run, prefill);
        }
    }

    private void attempt(SplitRun run, EndpointState endpoint) {
        prefill = endpoint;
        run.begin(run.request(endpoint, ""));
        sentNanos = System.nanoTime();
        StageLeg next =
                new StageLeg(services, inference, loop, StageLeg.Stage.PREFILL, endpoint, run.prefillLeg(), this);
        leg = next;
        next.begin(run.settings().prefillTimeout(inference.request().prompt().estimatedTokens()));
    }

    @Override
    public void answered(byte[] body) {
        SplitRun run = Objects.requireNonNull(split);
        try {
            run.answered(PrefillAnswer.read(body), sentNanos);
            inference.finish().onEnd(outcome -> DrainLeg.sendIfStranded(services, inference, loop, run));
            goOn();
        } catch (IOException e) {
            failed(StageLeg.Failure.of("no_json", "its answer is no JSON: " + e.getMessage()));
        }
    }

    @Override
    public void failed(StageLeg.Failure failure) {
        SplitRun run = Objects.requireNonNull(split);
        LOG.debug("request {}: prefill: {}", inference.requestId(), failure.message());
        SplitRun.Next next = run.next(Objects.requireNonNull(prefill), failure);
        HttpResponse head = failure.head();
        if (next.picked() == null && !failure.retriable() && head != null) {
            relay(head, failure.body());
        } else if (next.problem() != null) {
            exchange.setException(next.problem());
            goOn();
        } else if (next.picked() != null && next.picked().prefillEndpoint() != null) {
            attempt(run, Objects.requireNonNull(next.picked().prefillEndpoint()));
        } else {
            goOn();
        }
    }

    /** The request is at fault, and the decode endpoint would say the same. */
    private void relay(HttpResponse head, ByteBuffer body) {
        ResponseFlow flow = services.flows().create(inference.request(), head, false, ResponseFlows.AS_REPORTED, null);
        flow.add(Unpooled.wrappedBuffer(body));
        flow.end();
        done = true;
        exchange.setRouteStop(true);
        answer.begin(head, flow);
    }

    private void onEnd(Outcome outcome) {
        if (loop.inEventLoop()) {
            close();
        } else {
            loop.execute(this::close);
        }
    }

    private void close() {
        if (leg != null) {
            leg.abort();
        }
        if (!done) {
            exchange.setRouteStop(true);
            goOn();
        }
    }

    private void goOn() {
        if (!done) {
            done = true;
            callback.done(false);
        }
    }
}
