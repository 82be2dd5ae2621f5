package io.bactrian.step;

import io.bactrian.api.ModelsBody;
import io.bactrian.scheduling.ScheduledPool;
import java.time.InstantSource;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Answers with the models of all pools, and with the adapters that their endpoints list. */
public final class ListModels implements Processor {
    private final SortedSet<String> models;
    private final List<ScheduledPool> pools;
    private final InstantSource clock;

    /**
     * @param models those that the configuration names
     * @param clock tells whether what endpoints have listed is still true
     */
    public ListModels(SortedSet<String> models, List<ScheduledPool> pools, InstantSource clock) {
        this.models = new TreeSet<>(models);
        this.pools = List.copyOf(pools);
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        SortedSet<String> all = new TreeSet<>(models);
        pools.forEach(pool -> all.addAll(pool.pool().announcedModels(clock.instant())));
        exchange.getMessage().setBody(ModelsBody.json(all, 0));
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
    }
}
