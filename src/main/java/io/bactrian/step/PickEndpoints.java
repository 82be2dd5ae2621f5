package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.InferenceException;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import java.util.function.LongConsumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Runs the scheduling profiles over the candidates and reserves the endpoint that wins. */
public final class PickEndpoints implements Processor {
    private final LongConsumer durations;

    /** @param durations takes the nanoseconds of each decision */
    public PickEndpoints(LongConsumer durations) {
        this.durations = durations;
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        EndpointChoice choice = new EndpointChoice(
                inference.scheduler(),
                inference.request(),
                inference.candidates(),
                inference.listener(),
                inference.finish());
        inference.trace().pickBegins();
        long began = System.nanoTime();
        Decision decision = choice.decide();
        durations.accept(System.nanoTime() - began);
        inference.trace().pickEnds();
        if (decision instanceof Decision.Refused refused) {
            throw new InferenceException(refused.code(), refused.message(), refused.droppedReason());
        }
        Decision.Picked picked = (Decision.Picked) decision;
        inference.setChoice(choice, picked);
        exchange.getMessage()
                .setHeader(
                        InferenceExchange.ENDPOINT, picked.endpoint().endpoint().hostPort());
    }
}
