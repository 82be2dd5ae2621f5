package io.bactrian.step;

import io.bactrian.api.ModelsBody;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Answers with the models of all pools. */
public final class ListModels implements Processor {
    private final byte[] body;

    /** @param models in the order in which they are listed */
    public ListModels(List<String> models) {
        this.body = ModelsBody.json(models, 0);
    }

    @Override
    public void process(Exchange exchange) {
        exchange.getMessage().setBody(body);
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
    }
}
