package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.flowcontrol.Admission;
import io.bactrian.flowcontrol.Objectives;
import io.bactrian.flowcontrol.SheddingAdmission;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import java.time.InstantSource;
import java.util.Objects;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Finds out what the request is promised, and turns it away if the pool is full and it may be dropped. */
public final class AwaitAdmission implements Processor {
    /** Who asks, as llm-d's agent-identity plug-in finds it in the headers. */
    private static final DataKey<String> AGENT_IDENTITY = new DataKey<>("agent-identity", "");

    private final Objectives objectives;
    private final SheddingAdmission admission = new SheddingAdmission();
    private final InstantSource clock;

    public AwaitAdmission(Objectives objectives, InstantSource clock) {
        this.objectives = objectives;
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        InferenceRequest request = inference.request();
        inference.scheduler().readHeaders(request);
        request.context()
                .setObjective(objectives.of(request, inference.pool().pool().name(), AwaitAdmission::identity));
        Admission answer = admission.admit(
                request,
                inference.scheduler().saturationDetector(),
                () -> inference.pool().pool().candidates(clock.instant()));
        if (answer instanceof Admission.Refused refused) {
            throw new InferenceException(refused.code(), refused.message(), refused.droppedReason());
        }
    }

    private static String identity(InferenceRequest request) {
        return Objects.requireNonNullElse(request.attributes().get(AGENT_IDENTITY), "");
    }
}
