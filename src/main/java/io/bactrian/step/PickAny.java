package io.bactrian.step;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestContext;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.ScoredCandidates;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Picks any endpoint that is well, for a request without a body: nothing in it says what it will cost or which model it means. A
 * route may name the pool in the header {@code BactrianPool}.
 */
public final class PickAny implements Processor {
    private static final String PROFILE = "any";

    private final ReadRequest readRequest;
    private final List<ScheduledPool> pools;
    private final InstantSource clock;

    /** @param readRequest begins requests */
    public PickAny(ReadRequest readRequest, List<ScheduledPool> pools, InstantSource clock) {
        this.readRequest = readRequest;
        this.pools = List.copyOf(pools);
        this.clock = clock;
    }

    private record Place(ScheduledPool pool, EndpointState endpoint) {}

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.toRead(exchange);
        readRequest.begin(inference);
        String id = ReadRequest.requestId(inference.head());
        inference.setTarget(id, inference.head().target());
        exchange.getMessage().setHeader(InferenceExchange.REQUEST_ID, id);
        inference.setRequest(
                new InferenceRequest(
                        id,
                        Api.PASSTHROUGH,
                        "",
                        "",
                        "",
                        false,
                        false,
                        OptionalInt.empty(),
                        Prompt.NONE,
                        0,
                        new RequestContext(inference.head()::header)),
                List.of());
        Place place = any(inference, exchange.getMessage().getHeader(InferenceExchange.POOL, String.class));
        inference.setPool(place.pool());
        exchange.getMessage()
                .setHeader(InferenceExchange.POOL, place.pool().pool().name());
        choose(inference, place.endpoint());
        exchange.getMessage()
                .setHeader(
                        InferenceExchange.ENDPOINT, place.endpoint().endpoint().hostPort());
    }

    private Place any(InferenceExchange inference, @Nullable String named) {
        List<Place> places = new ArrayList<>();
        for (ScheduledPool pool : pools) {
            if (named == null || named.equals(pool.pool().name())) {
                for (EndpointState candidate : pool.pool().candidates(clock.instant())) {
                    if (inference.isAllowed(candidate.endpoint())
                            && candidate.breaker().wouldPermit()) {
                        places.add(new Place(pool, candidate));
                    }
                }
            }
        }
        if (places.isEmpty()) {
            throw new InferenceException(
                    ErrorCode.NO_ENDPOINT, "no endpoint can take the request", Decision.NO_ENDPOINTS);
        }
        return places.get(ThreadLocalRandom.current().nextInt(places.size()));
    }

    private static void choose(InferenceExchange inference, EndpointState endpoint) {
        List<EndpointState> chosen = List.of(endpoint);
        EndpointChoice choice = new EndpointChoice(
                inference.scheduler(), inference.request(), chosen, RequestListener.NONE, inference.finish());
        choice.servedBy(endpoint);
        inference.setCandidates(chosen);
        inference.setAdmitted();
        ProfileResult.Picked picked = new ProfileResult.Picked(chosen, new ScoredCandidates(chosen, new double[1]));
        inference.setChoice(choice, new Decision.Picked(PROFILE, Map.of(PROFILE, picked)));
    }
}
