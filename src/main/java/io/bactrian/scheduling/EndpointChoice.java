package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import java.util.ArrayList;
import java.util.List;

/**
 * The choice of an endpoint for one request, which is made again when the endpoint fails before it answers.
 *
 * <p>The load of each profile's first endpoint counts the request until it ends or another is chosen. Used by one thread at a time,
 * apart from the release at the request's end.
 */
public final class EndpointChoice {

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
                    .forEach((name, result) -> reserve(name, result.endpoints().get(0), !computesPrompt(name, picked)));
            listener.picked(picked);
            return picked.loadingFrom(request.attributes().get(Decision.CACHE_SOURCE));
        }
        return decision;
    }

    /** Tells whether the endpoint of profile {@code name} is the one that computes the prompt. */
    private static boolean computesPrompt(String name, Decision.Picked picked) {
        return picked.prefillEndpoint() == null
                ? name.equals(picked.primaryProfile()) || !name.equals(Decision.ENCODE_PROFILE)
                : name.equals(Decision.PREFILL_PROFILE);
    }

    /** Returns this choice for a request that goes on after its end as {@code next}, with {@code chosen} reserved anew. */
    public EndpointChoice resume(EndpointState chosen, Finish next) {
        EndpointChoice resumed = new EndpointChoice(scheduler, request, candidates, RequestListener.NONE, next);
        resumed.listener = decision -> listener.picked(decision); // of the end it has been told already
        resumed.reserve("", chosen, false);
        return resumed;
    }

    /** Tells whether there is another endpoint to choose. */
    public boolean hasOther() {
        return candidates.size() > 1;
    }

    /** Tells whether there is another endpoint than {@code failed} that generates tokens. */
    public boolean hasOtherDecode(EndpointState failed) {
        return candidates.stream()
                .anyMatch(candidate ->
                        candidate != failed && candidate.endpoint().role().decodes());
    }

    /** Chooses again among the others, for a request that has been admitted. */
    public Decision decideWithout(EndpointState failed) {
        candidates.remove(failed);
        return take(scheduler.decideAgain(request, candidates));
    }

    /**
     * Tells who follows the request that the answer begins; they may change its {@code headers}.
     *
     * @param success whether it is a result, no error
     */
    public void answerBegins(ResponseHeaders headers, boolean success) {
        promptComputed(success);
        headBegins(headers);
    }

    /** Tells who follows the request that the head of its answer is there; they may change its {@code headers}. */
    public void headBegins(ResponseHeaders headers) {
        listener.answerBegins(headers);
    }

    /**
     * The first bytes of the answer are there: what the endpoints had to do before is no load any more.
     *
     * @param success whether it is a result, no error
     */
    public void promptComputed(boolean success) {
        for (Reserved reserved : reservations) {
            reserved.answerBegins();
        }
        if (success) {
            listener.firstToken();
        }
    }

    /** Counts the request at {@code other} alone: a proxy has sent it there in place of the first choice. */
    public void servedBy(EndpointState other) {
        release();
        reserve("", other, false);
    }

    /** Lets {@code picked} go on without its prefill endpoint: the one that answers computes the prompt itself. */
    public Decision.Picked withoutPrefill(Decision.Picked picked) {
        return (Decision.Picked) take(picked.withoutPrefill());
    }

    /** Notes that the prompt has been computed at the prefill endpoint, which has no more to do with the request. */
    public void prefilled() {
        reservations.stream().filter(Reserved::prefill).forEach(Reserved::answerBegins);
        listener.prefilled();
    }

    /** Notes that the media of the prompt have been encoded, so that the endpoint that did it has no more to do with the request. */
    public void encoded() {
        reservations.stream().filter(Reserved::encode).forEach(Reserved::answerBegins);
    }

    /** Returns what tells who follows the request what its answer says of itself; it does not keep this choice alive. */
    public AnswerListener answerListener() {
        return new AnswerListener(listener);
    }

    /** @param prefilled whether another endpoint computes the prompt, which is no load for this one then */
    private void reserve(String profile, EndpointState endpoint, boolean prefilled) {
        RequestCost cost = endpoint.get(RequestCost.KEY);
        long tokens = cost == null ? request.promptTokens() : cost.tokens();
        EndpointLoad.Reservation taken = endpoint.load()
                .reserve(
                        prefilled ? 0 : tokens,
                        request.wantedAdapter(),
                        scheduler.loadOf(request, endpoint.endpoint()));
        boolean untilEnd = cost != null && cost.untilEnd();
        reservations.add(new Reserved(taken, untilEnd, profile));
        finish.onEnd(outcome -> taken.close());
    }

    private void release() {
        reservations.forEach(reserved -> reserved.reservation().close());
        reservations.clear();
    }

    /** What one profile's endpoint counts of the request. */
    private record Reserved(EndpointLoad.Reservation reservation, boolean untilEnd, String profile) {

        boolean prefill() {
            return profile.equals(Decision.PREFILL_PROFILE);
        }

        boolean encode() {
            return profile.equals(Decision.ENCODE_PROFILE);
        }

        /** The prompt has been computed: its tokens are no load any more, and the endpoints of earlier stages are done. */
        void answerBegins() {
            if (prefill() || encode()) {
                reservation.close();
            } else if (!untilEnd) {
                reservation.releaseTokens();
            }
        }
    }
}
