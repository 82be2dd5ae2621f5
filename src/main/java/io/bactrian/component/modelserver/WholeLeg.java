package io.bactrian.component.modelserver;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.engine.connector.Leg;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.scheduling.Decision;
import org.jspecify.annotations.Nullable;

/** What the request to an endpoint carries that computes the prompt itself: by what it fetches what others have of it already. */
final class WholeLeg {
    private WholeLeg() {}

    static Leg of(RequestScope scope) {
        InferenceExchange inference = scope.inference();
        Endpoint source = sourceFor(inference, inference.decision().endpoint().endpoint());
        Leg leg = source == null || !scope.isSplitHere()
                ? Leg.PLAIN
                : new Leg(scope.services()
                        .splits()
                        .of(inference.poolName())
                        .connector()
                        .whole(inference.places(), source));
        return EncodeRun.onto(inference, leg);
    }

    /** Returns whose cached blocks {@code computing} is to load; null for nobody's, as nobody loads from itself. */
    static @Nullable Endpoint sourceFor(InferenceExchange inference, Endpoint computing) {
        Endpoint source = inference.request().attributes().get(Decision.CACHE_SOURCE);
        return source == null || source.address().equals(computing.address()) ? null : source;
    }
}
