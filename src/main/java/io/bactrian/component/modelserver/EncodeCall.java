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
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    private final RequestScope scope;
    private final InferenceExchange inference;
    private final StageStep step;
    private final SplitObserver observer;
    private final EncodeSettings settings;
    private final List<EndpointState> endpoints;
    private final EncodedMedia media = new EncodedMedia();
    private final List<Item> items = new ArrayList<>();
    private final long beganNanos = System.nanoTime();
    private int waiting;

    EncodeCall(RequestScope scope, StageStep step) {
        this.scope = scope;
        this.inference = scope.inference();
        this.step = step;
        this.observer = scope.splitObserver();
        this.settings =
                scope.services().splits().of(inference.poolName()).settings().encode();
        this.endpoints = endpoints(inference.decision());
    }

    /** Returns the endpoints that encode for another: the one that computes the prompt needs no help of its own. */
    private static List<EndpointState> endpoints(Decision.Picked decision) {
        EndpointState prefill = decision.prefillEndpoint();
        EndpointState computes = prefill == null ? decision.endpoint() : prefill;
        return decision.encodeEndpoints().stream()
                .filter(endpoint -> !endpoint.endpoint()
                        .address()
                        .equals(computes.endpoint().address()))
                .toList();
    }

    void begin() {
        if (endpoints.isEmpty()
                || !scope.services().splits().encodes(inference.poolName())
                || inference.finish().hasEnded()) {
            step.goOn();
        } else if (inference.request().api() != Api.CHAT_COMPLETIONS) {
            leave("encode_not_splittable");
        } else {
            scope.onEnd(outcome -> close());
            scope.read(() -> MediaParts.of(inference.places()), this::send);
        }
    }

    private void send(MediaParts parts) {
        if (step.isLeft()) {
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
            step.goOn();
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
        step.goOn();
    }

    private void itemDone(String outcome) {
        observer.encoded(outcome);
        waiting--;
        if (waiting == 0 && !step.isLeft()) {
            inference.setEncoding(new EncodeRun(inference.places(), media));
            inference.choice().encoded();
            observer.encodingTook(settings.ecConnector(), System.nanoTime() - beganNanos);
            step.goOn();
        }
    }

    private void giveUp(Failure failure) {
        observer.encoded("failed");
        items.forEach(Item::abort);
        HttpResponse head = failure.head();
        if (!failure.retriable() && head != null) {
            step.answerWith(head, failure.body());
        } else {
            step.fail(failure.problem(StageLeg.Stage.ENCODE));
        }
    }

    private void close() {
        items.forEach(Item::abort);
        step.stop();
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
            if (step.isLeft()) {
                return; // another item has ended the request
            }
            EndpointState endpoint = endpoints.get((index + attempts) % endpoints.size());
            attempts++;
            StageLeg next = new StageLeg(scope, StageLeg.Stage.ENCODE, endpoint, leg, this);
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
