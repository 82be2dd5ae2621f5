package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The choice of an endpoint for one request, which is made again when the endpoint fails before it answers.
 *
 * <p>The load of each profile's first endpoint counts the request until it ends or another is chosen. Used by one thread at a time,
 * apart from the release at the request's end.
 */
public final class EndpointChoice {

    private static final Logger LOG = LoggerFactory.getLogger(EndpointChoice.class);

    private final Scheduler scheduler;
    private final InferenceRequest request;
    private final List<EndpointState> candidates;
    private RequestListener listener;
    private final Finish finish;
    private final List<Reserved> reservations = new ArrayList<>(1);

    /**
     * @param candidates may shrink by endpoints that fail
     * @param listener is told of each choice, and of the request's end
     * @param finish releases the endpoint's load
     */
    public EndpointChoice(
            Scheduler scheduler,
            InferenceRequest request,
            List<EndpointState> candidates,
            RequestListener listener,
            Finish finish) {
        this.scheduler = scheduler;
        this.request = request;
        this.candidates = new ArrayList<>(candidates);
        this.listener = listener;
        this.finish = finish;
        if (listener != RequestListener.NONE) {
            finish.onEnd(listener::ended);
        }
    }

    /** Chooses and reserves. */
    public Decision decide() {
        return take(scheduler.decide(request, candidates));
    }

    private Decision take(Decision decision) {
        release();
        if (decision instanceof Decision.Picked picked) {
            picked.profiles()
                    .forEach((name, result) -> reserve(name, result.endpoints().get(0)));
            listener.picked(picked);
        }
        return decision;
    }

    /** Returns this choice for a request that goes on after its end as {@code next}, with {@code chosen} reserved anew. */
    public EndpointChoice resume(EndpointState chosen, Finish next) {
        EndpointChoice resumed = new EndpointChoice(scheduler, request, candidates, RequestListener.NONE, next);
        resumed.listener = decision -> listener.picked(decision); // of the end it has been told already
        resumed.reserve("", chosen);
        return resumed;
    }

    /** Tells whether there is another endpoint to choose. */
    public boolean hasOther() {
        return candidates.size() > 1;
    }

    /** Chooses again among the others, for a request that has been admitted. */
    public Decision decideWithout(EndpointState failed) {
        candidates.remove(failed);
        return take(scheduler.decideAgain(request, candidates));
    }

    /** Tells who follows the request that the answer begins; they may change its {@code headers}. */
    public void answerBegins(ResponseHeaders headers) {
        for (Reserved reserved : reservations) {
            reserved.answerBegins();
        }
        listener.answerBegins(headers);
    }

    /** Returns what tells who follows the request of its usage; it does not keep this choice alive. */
    public Consumer<ReportedUsage> usageListener() {
        RequestListener told = listener;
        return usage -> tell(told, usage);
    }

    private static void tell(RequestListener listener, ReportedUsage usage) {
        try {
            listener.reported(usage);
        } catch (RuntimeException e) {
            LOG.error("{} failed to take note of what an answer took", listener, e); // the answer must go on
        }
    }

    private void reserve(String profile, EndpointState endpoint) {
        RequestCost cost = endpoint.get(RequestCost.KEY);
        EndpointLoad.Reservation taken = endpoint.load()
                .reserve(
                        cost == null ? request.promptTokens() : cost.tokens(),
                        request.wantedAdapter(),
                        scheduler.loadOf(request, endpoint.endpoint()));
        boolean untilEnd = cost != null && cost.untilEnd();
        reservations.add(new Reserved(taken, untilEnd, profile.equals(Decision.PREFILL_PROFILE)));
        finish.onEnd(outcome -> taken.close());
    }

    private void release() {
        reservations.forEach(reserved -> reserved.reservation().close());
        reservations.clear();
    }

    /** What one profile's endpoint counts of the request. */
    private record Reserved(EndpointLoad.Reservation reservation, boolean untilEnd, boolean prefill) {

        /** The prompt has been computed: its tokens are no load any more, and a prefill endpoint is done. */
        void answerBegins() {
            if (prefill) {
                reservation.close();
            } else if (!untilEnd) {
                reservation.releaseTokens();
            }
        }
    }
}
