package io.bactrian.component.modelserver;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.MediaParts;
import io.bactrian.api.Priming;
import io.bactrian.component.modelserver.StageLeg.Failure;
import io.bactrian.disaggregation.EncodeSettings;
import io.bactrian.disaggregation.SplitObserver;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.EncodedMedia;
import io.bactrian.engine.connector.Leg;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.scheduling.Decision;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The encode step of one request: has each image, video and sound of a chat encoded at one of the endpoints that were picked, all at
 * once and in turn, and leaves an {@link EncodeRun} for the step that has the prompt computed. Everything but the search for them in a
 * long body happens on one event loop.
 */
final class EncodeCall {
    private static final Logger LOG = LoggerFactory.getLogger(EncodeCall.class);

    private final ModelServerComponent.Services services;
    private final Exchange exchange;
    private final InferenceExchange inference;
    private final EventLoop loop;
    private final Answer answer;
    private final AsyncCallback callback;
    private final SplitObserver observer;
    private final EncodeSettings settings;
    private final List<EndpointState> endpoints;
    private final EncodedMedia media = new EncodedMedia();
    private final List<Item> items = new ArrayList<>();
    private final long beganNanos = System.nanoTime();
    private int waiting;
    private boolean done;

    /** @param answer takes what an encode endpoint has to say of a request that no other would take either */
    EncodeCall(
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
        this.observer = services.splits().observer();
        this.settings = services.splits().of(inference.poolName()).settings().encode();
        this.endpoints = endpoints(inference.decision());
    }

    /** Returns the endpoints that encode for another: the one that computes the prompt needs no help of its own. */
    private static List<EndpointState> endpoints(Decision.Picked decision) {
        EndpointState prefill = decision.prefillEndpoint();
        EndpointState computes = prefill == null ? decision.endpoint() : prefill;
        return decision.encodeEndpoints().stream()
                .filter(endpoint -> endpoint != computes)
                .toList();
    }

    void begin() {
        if (endpoints.isEmpty()
                || !services.splits().encodes(inference.poolName())
                || inference.finish().hasEnded()) {
            goOn();
        } else if (inference.request().api() != Api.CHAT_COMPLETIONS) {
            leave("encode_not_splittable");
        } else {
            inference.finish().onEnd(outcome -> onLoop(this::close));
            LongBody.read(services, inference, loop, () -> MediaParts.of(inference.places()), this::send);
        }
    }

    private void send(MediaParts parts) {
        if (done) {
            return;
        }
        if (parts.count() > settings.maxItems()) {
            leave("encode_too_many");
            return;
        }
        waiting = parts.count();
        for (int i = 0; i < parts.count(); i++) {
            items.add(new Item(i, leg(parts, i)));
        }
        items.forEach(Item::attempt);
        if (items.isEmpty()) {
            goOn();
        }
    }

    /** Returns a chat of item {@code index} alone that generates one token. */
    private Leg leg(MediaParts parts, int index) {
        return new Leg(
                BodyEdits.merge(
                        parts.alone(index),
                        Priming.prime(inference.places(), inference.target()).splices()),
                Map.of("x-request-id", inference.requestId() + "-enc-" + index));
    }

    /** Whoever computes the prompt encodes its media too. */
    private void leave(String reason) {
        observer.fellBack(reason);
        goOn();
    }

    private void itemDone(String outcome) {
        observer.encoded(outcome);
        waiting--;
        if (waiting == 0 && !done) {
            inference.setEncoding(new EncodeRun(inference.places(), media));
            inference.choice().encoded();
            observer.encodingTook(settings.ecConnector(), System.nanoTime() - beganNanos);
            goOn();
        }
    }

    private void giveUp(Failure failure) {
        observer.encoded("failed");
        items.forEach(Item::abort);
        HttpResponse head = failure.head();
        if (!failure.retriable() && head != null) {
            done = true;
            exchange.setRouteStop(true);
            answer.begin(
                    head, services.flows().whole(inference.request(), head, failure.body(), inference.clientModel()));
            return;
        }
        exchange.setException(failure.problem(StageLeg.Stage.ENCODE));
        goOn();
    }

    private void onLoop(Runnable work) {
        if (loop.inEventLoop()) {
            work.run();
        } else {
            loop.execute(work);
        }
    }

    private void close() {
        items.forEach(Item::abort);
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

    /** One image, video or sound on its way. */
    private final class Item implements StageLeg.Listener {
        private final int index;
        private final Leg leg;
        private @Nullable StageLeg attempt;
        private int attempts;

        Item(int index, Leg leg) {
            this.index = index;
            this.leg = leg;
        }

        void attempt() {
            if (done) {
                return; // another item has ended the request
            }
            EndpointState endpoint = endpoints.get((index + attempts) % endpoints.size());
            attempts++;
            StageLeg next = new StageLeg(services, inference, loop, StageLeg.Stage.ENCODE, endpoint, leg, this);
            attempt = next;
            next.begin(settings.timeout());
        }

        void abort() {
            if (attempt != null) {
                attempt.abort();
            }
        }

        @Override
        public void answered(byte[] body) {
            try {
                if (settings.handsParametersOn()) {
                    media.add(body);
                }
                itemDone("ok");
            } catch (IOException e) {
                failed(Failure.of("no_json", "its answer is no JSON: " + e.getMessage()));
            }
        }

        @Override
        public void failed(Failure failure) {
            LOG.debug("request {}: encode {}: {}", inference.requestId(), index, failure.message());
            if (!failure.retriable() || settings.whenFailed().equals("fail")) {
                giveUp(failure);
            } else if (settings.whenFailed().equals("retry-next") && attempts < endpoints.size()) {
                observer.encoded("retried");
                attempt();
            } else {
                observer.fellBack("encode_failed");
                itemDone("skipped");
            }
        }
    }
}
