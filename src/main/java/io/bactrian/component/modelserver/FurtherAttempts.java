package io.bactrian.component.modelserver;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.InferenceException;
import io.bactrian.scheduling.Decision;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds other endpoints for an answer whose first was never begun, as long as there are any and the budget for retries lasts. */
final class FurtherAttempts {
    private static final Logger LOG = LoggerFactory.getLogger(FurtherAttempts.class);

    private final RequestScope scope;
    private final InferenceExchange inference;
    private final @Nullable SplitRun split;
    private int made;

    /** @param split null if no other endpoint computes the prompt */
    FurtherAttempts(RequestScope scope, @Nullable SplitRun split) {
        this.scope = scope;
        this.inference = scope.inference();
        this.split = split;
    }

    /** Tells whether there may be another, which is taken from the budget. */
    boolean tryTake() {
        return inference.choice().hasOther() && scope.services().retries().tryTake(made);
    }

    /**
     * Decides again, without {@code failed}; the decision is in force.
     *
     * @throws InferenceException if nobody is left who would serve the request
     */
    Decision.Picked decideWithout(EndpointState failed) {
        made++;
        Decision decision = inference.choice().decideWithout(failed);
        if (decision instanceof Decision.Refused refused) {
            throw new InferenceException(refused.code(), refused.message(), refused.droppedReason());
        }
        Decision.Picked picked = (Decision.Picked) decision;
        LOG.debug(
                "request {}: another attempt, at {}",
                inference.requestId(),
                picked.endpoint().endpoint().hostPort());
        inference.setChoice(inference.choice(), picked);
        boolean isTrial = split != null && split.isTrial();
        if (picked.prefillEndpoint() != null && scope.isSplitHere() && !isTrial) {
            picked = split == null ? inference.choice().withoutPrefill(picked) : split.withPromptComputed(picked);
            inference.setChoice(inference.choice(), picked);
        }
        return picked;
    }
}
