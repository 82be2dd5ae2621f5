package io.bactrian.benchmarks;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import java.util.List;
import java.util.OptionalInt;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Stands for {@code read-request} in a route that only relays: takes every request for the same, unread. */
public final class FixedRequest implements Processor {
    static final InferenceRequest REQUEST = new InferenceRequest(
            "00000000-0000-0000-0000-000000000000",
            Api.CHAT_COMPLETIONS,
            "m",
            "",
            "",
            true,
            true,
            OptionalInt.empty(),
            Prompt.NONE,
            0,
            new RequestContext(RequestHeaders.NONE));

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        inference.setTarget(REQUEST.id(), inference.head().target());
        inference.setRequest(REQUEST, List.of());
    }
}
