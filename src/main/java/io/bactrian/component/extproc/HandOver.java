package io.bactrian.component.extproc;

import io.bactrian.endpoint.EndpointBreaker;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.RelayObserver;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.scheduling.Decision;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Leaves a request to the proxy it came from, which sends it to the endpoint that was picked. */
public final class HandOver implements Processor {
    private final RelayObserver observer;

    /** @param observer is told of each request that is handed over, and of its end */
    public HandOver(RelayObserver observer) {
        this.observer = observer;
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        if (!(inference.head() instanceof ProxyHead proxy)) {
            throw new IllegalStateException("the request did not come from a proxy (expected: an ext-proc: consumer)");
        }
        ServedRequest served = new ServedRequest(inference, permission(inference), observer);
        proxy.handOver(served);
        served.begin();
    }

    /** Decides again when a breaker opened after the decision. */
    private static EndpointBreaker.Permission permission(InferenceExchange inference) {
        EndpointBreaker.Permission permission = inference.decision().endpoint().tryAcquire();
        while (permission == null) {
            if (!inference.choice().hasOther()) {
                throw new InferenceException(
                        ErrorCode.NO_ENDPOINT, "every endpoint is left out while it fails", Decision.NO_ENDPOINTS);
            }
            Decision decision =
                    inference.choice().decideWithout(inference.decision().endpoint());
            if (!(decision instanceof Decision.Picked picked)) {
                Decision.Refused refused = (Decision.Refused) decision;
                throw new InferenceException(refused.code(), refused.message(), refused.droppedReason());
            }
            inference.setChoice(inference.choice(), picked);
            permission = picked.endpoint().tryAcquire();
        }
        return permission;
    }
}
