package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.scheduling.PickListener;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/** Attaches how much of the prompt each endpoint has in its cache already. */
public final class EnrichPrefix extends AsyncProcessorSupport {
    private final Executor workers;
    private final LongWork longWork;

    /** @param workers hash long prompts, and note where they went */
    public EnrichPrefix(Executor workers) {
        this.workers = workers;
        this.longWork = new LongWork(workers);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        return longWork.run(exchange, callback, inference, () -> enrich(inference));
    }

    private void enrich(InferenceExchange inference) {
        PickListener interested = inference.pool().scheduler().enrich(inference.request(), inference.candidates());
        boolean isLong = LongWork.isLong(inference);
        inference.setPickListener(isLong ? picked -> workers.execute(() -> interested.picked(picked)) : interested);
    }
}
