package io.bactrian.component.modelserver;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.BodyPlaces;
import io.bactrian.api.Splice;
import io.bactrian.engine.connector.EncodedMedia;
import io.bactrian.engine.connector.Leg;
import io.bactrian.exchange.Encoding;
import io.bactrian.exchange.InferenceExchange;
import java.util.List;

/**
 * What was encoded apart for one request, for whoever computes its prompt. Parameters are good for one fetch, as those of KV blocks
 * are: after a leg that may have used them the prompt's media are encoded where it is computed.
 */
final class EncodeRun implements Encoding {
    private final List<Splice> splices;
    private boolean spent;

    EncodeRun(BodyPlaces places, EncodedMedia media) {
        String params = media.json();
        splices = params.isEmpty()
                ? List.of()
                : new BodyEdits(places).set(EncodedMedia.PARAMS, params).splices();
    }

    /** Returns {@code leg}, which computes the prompt of {@code inference}, with that by which it fetches what is encoded. */
    static Leg onto(InferenceExchange inference, Leg leg) {
        return inference.encoding() instanceof EncodeRun run && !run.spent && !run.splices.isEmpty()
                ? new Leg(BodyEdits.merge(leg.splices(), run.splices), leg.headers())
                : leg;
    }

    /** Notes that a leg of {@code inference} failed that was to compute the prompt. */
    static void legFailed(InferenceExchange inference, String reason) {
        boolean neverSent = reason.equals("connect") || reason.equals("breaker");
        if (inference.encoding() instanceof EncodeRun run && !neverSent) {
            run.spent = true;
        }
    }
}
