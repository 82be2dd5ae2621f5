package io.bactrian.benchmarks;

import io.bactrian.discovery.StaticEndpoints;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulerParts;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.ScoredCandidates;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Stands for {@code pick-endpoints}: the same endpoint for every request, nothing scored and nothing reserved. */
public final class FixedChoice implements Processor {
    private static final String PROFILE = "fixed";

    private final ScheduledPool pool;
    private final EndpointChoice choice;
    private final Decision.Picked decision;

    /** @param address host and port of the endpoint */
    public FixedChoice(String address) {
        EndpointPool endpoints = new EndpointPool(PROFILE, Set.of("m"), Duration.ofDays(1));
        endpoints.replaceEndpoints(StaticEndpoints.of(PROFILE, List.of(address)));
        List<EndpointState> only = endpoints.candidates(Instant.now());
        decision = new Decision.Picked(
                PROFILE,
                Map.of(PROFILE, new ProfileResult.Picked(only, new ScoredCandidates(only, new double[only.size()]))));
        Scheduler scheduler = new Scheduler(
                1, SchedulerParts.of(List.of(), new NoProfiles()), SchedulingObserver.NONE, ThreadLocalRandom::current);
        pool = new ScheduledPool(endpoints, scheduler);
        // Never asked again: with one endpoint there is no other to try.
        choice = new EndpointChoice(scheduler, FixedRequest.REQUEST, only, RequestListener.NONE, new Finish());
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        inference.setPool(pool);
        inference.setChoice(choice, decision);
    }

    /** What a scheduler needs that is never asked. */
    private final class NoProfiles implements ProfileHandler {
        @Override
        public List<String> next(
                InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
            return List.of();
        }

        @Override
        public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
            return decision;
        }
    }
}
