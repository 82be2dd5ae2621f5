package io.bactrian.step;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import java.time.InstantSource;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Finds the endpoints that may serve, with what they last reported; what is too old counts as absent. */
public final class EnrichMetrics implements Processor {
    private final InstantSource clock;

    public EnrichMetrics(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        List<EndpointState> candidates = inference.pool().pool().candidates(clock.instant());
        candidates.removeIf(candidate -> !inference.isAllowed(candidate.endpoint()));
        inference.setCandidates(inference.scheduler().screen(inference.request(), candidates));
    }
}
