package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/** Attaches what the pool's data producers know: above all how much of the prompt each endpoint has in its cache already. */
public final class EnrichPrefix extends AsyncProcessorSupport {
    private final LongWork longWork;

    /** @param workers hash long prompts */
    public EnrichPrefix(Executor workers) {
        this.longWork = new LongWork(workers);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        Continuation continuation = new Continuation(exchange, callback, inference.home());
        longWork.start(inference, continuation, () -> enrich(inference, continuation));
        return continuation.returned();
    }

    private static void enrich(InferenceExchange inference, Continuation continuation) {
        inference.scheduler().enrich(inference.request(), inference.candidates(), inference.home(), listener -> {
            inference.setListener(listener);
            continuation.goOn();
        });
    }
}
