package io.bactrian.step;

import io.bactrian.disaggregation.SplitModes;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Runs the scheduling profiles over the candidates and reserves the endpoint that wins. */
public final class PickEndpoints implements Processor {

    /** Response header that says why the endpoint was chosen. */
    public static final String EXPLAIN = "x-bactrian-explain";

    private final boolean explains;
    private final LongConsumer durations;
    private final SplitModes splits;

    /**
     * @param explains whether the answer's header says why the endpoint was chosen
     * @param durations takes the nanoseconds of each decision
     * @param splits how pools split prefill and decode
     */
    public PickEndpoints(boolean explains, LongConsumer durations, SplitModes splits) {
        this.explains = explains;
        this.durations = durations;
        this.splits = splits;
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
        if (Boolean.TRUE.equals(inference.request().attributes().get(Decision.PREFILL_MISSING))
                && splits.failsWithoutPrefill(inference.poolName())) {
            throw new InferenceException(ErrorCode.NO_ENDPOINT, "no endpoint is ready to compute the prompt");
        }
        inference.setChoice(choice, picked);
        if (explains) {
            exchange.getMessage().setHeader(EXPLAIN, explain(picked));
        }
        EndpointState prefill = picked.prefillEndpoint();
        if (prefill != null && splits.isRouters(inference.poolName())) {
            exchange.getMessage()
                    .setHeader(
                            InferenceExchange.PREFILL_ENDPOINT,
                            prefill.endpoint().hostPort());
        }
        if (!picked.encodeEndpoints().isEmpty() && splits.encodes(inference.poolName())) {
            exchange.getMessage()
                    .setHeader(
                            InferenceExchange.ENCODE_ENDPOINTS,
                            picked.encodeEndpoints().stream()
                                    .map(state -> state.endpoint().hostPort())
                                    .collect(Collectors.joining(",")));
        }
        exchange.getMessage()
                .setHeader(
                        InferenceExchange.ENDPOINT, picked.endpoint().endpoint().hostPort());
    }

    /** Names endpoint, total and what each scorer added to it: {@code 10.0.0.1:8000 total=3.8 queue-scorer=1x2}. */
    private static String explain(Decision.Picked picked) {
        ScoredCandidates scored = picked.primary().scored();
        StringBuilder text = new StringBuilder(picked.endpoint().endpoint().hostPort());
        for (int i = 0; i < scored.size(); i++) {
            if (scored.candidate(i) == picked.endpoint()) {
                text.append(" total=").append(rounded(scored.total(i)));
                for (int j = 0; j < scored.scorers().size(); j++) {
                    text.append(' ')
                            .append(scored.scorers().get(j).name())
                            .append('=')
                            .append(rounded(scored.opinions(j).get(i)))
                            .append('x')
                            .append(scored.scorers().get(j).weight());
                }
            }
        }
        return text.append(" candidates=").append(scored.size()).toString();
    }

    private static double rounded(double value) {
        return Math.round(value * 1e4) / 1e4;
    }
}
