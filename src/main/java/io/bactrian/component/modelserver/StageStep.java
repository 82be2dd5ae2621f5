package io.bactrian.component.modelserver;

import io.bactrian.request.InferenceException;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.ByteBuffer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/**
 * The step of a route in which a stage before decode is done. It is left once: the route goes on, or the request is answered. Used on
 * the request's event loop.
 */
final class StageStep {
    private final RequestScope scope;
    private final Exchange exchange;
    private final Answer answer;
    private final AsyncCallback callback;
    private boolean left;

    /** @param answer takes what an endpoint has to say of a request that no other would take either */
    StageStep(RequestScope scope, Exchange exchange, Answer answer, AsyncCallback callback) {
        this.scope = scope;
        this.exchange = exchange;
        this.answer = answer;
        this.callback = callback;
    }

    boolean isLeft() {
        return left;
    }

    void goOn() {
        if (!left) {
            left = true;
            callback.done(false);
        }
    }

    /** Ends the request with what an endpoint said of it. */
    void answerWith(HttpResponse head, ByteBuffer body) {
        left = true;
        exchange.setRouteStop(true);
        answer.begin(head, scope.whole(head, body));
    }

    void fail(InferenceException problem) {
        exchange.setException(problem);
        goOn();
    }

    /** Leaves it because the request has ended. */
    void stop() {
        if (!left) {
            exchange.setRouteStop(true);
            goOn();
        }
    }
}
