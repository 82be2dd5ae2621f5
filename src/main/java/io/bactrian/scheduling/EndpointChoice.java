package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The choice of an endpoint for one request, which is made again when the endpoint fails before it answers.
 *
 * <p>The chosen endpoint's load counts the request until it ends or another is chosen. Used by one thread at a time,
 * apart from the release at the request's end.
 */
public final class EndpointChoice {
    private final Scheduler scheduler;
    private final InferenceRequest request;
    private final List<EndpointState> candidates;
    private final PickListener listener;
    private final Finish finish;
    private EndpointLoad.@Nullable Reservation reservation;

    /**
     * @param candidates may shrink by endpoints that fail
     * @param listener is told of each choice
     * @param finish releases the endpoint's load
     */
    public EndpointChoice(
            Scheduler scheduler,
            InferenceRequest request,
            List<EndpointState> candidates,
            PickListener listener,
            Finish finish) {
        this.scheduler = scheduler;
        this.request = request;
        this.candidates = new ArrayList<>(candidates);
        this.listener = listener;
        this.finish = finish;
    }

    /** Chooses and reserves. */
    public Decision decide() {
        release();
        Decision decision = scheduler.decide(request, candidates);
        if (decision instanceof Decision.Picked picked) {
            reserve(picked.endpoint());
            listener.picked(picked);
        }
        return decision;
    }

    /** Returns this choice for a request that goes on after its end as {@code next}, with {@code chosen} reserved anew. */
    public EndpointChoice resume(EndpointState chosen, Finish next) {
        EndpointChoice resumed = new EndpointChoice(scheduler, request, candidates, listener, next);
        resumed.reserve(chosen);
        return resumed;
    }

    /** Tells whether there is another endpoint to choose. */
    public boolean hasOther() {
        return candidates.size() > 1;
    }

    /** Chooses again among the others. */
    public Decision decideWithout(EndpointState failed) {
        candidates.remove(failed);
        return decide();
    }

    private void reserve(EndpointState endpoint) {
        EndpointLoad.Reservation taken =
                endpoint.load().reserve(request.prompt().estimatedTokens());
        reservation = taken;
        finish.onEnd(outcome -> taken.close());
    }

    private void release() {
        if (reservation != null) {
            reservation.close();
            reservation = null;
        }
    }
}
