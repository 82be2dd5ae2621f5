package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.RequestHeaders;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.rewrite.ModelRewrites;
import io.bactrian.scheduling.rewrite.RewriteRule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/** Gives a request the model that a rule has for it, which may be served by another pool. */
public final class RewriteModel implements Processor {
    /** Names the model before any rule does; the second is the older name. */
    private static final String HEADER = "x-llm-d-model-name-rewrite";

    private static final String OLDER_HEADER = "x-gateway-model-name-rewrite";

    private final ModelRewrites rewrites;
    private final boolean trustsHeader;
    private final Supplier<RandomGenerator> random;
    private final Observer observer;
    private final Map<String, String> poolByModel = new HashMap<>();
    private final Set<String> pools = new HashSet<>();

    /** Hears of each request that a rule applies to. */
    @FunctionalInterface
    public interface Observer {
        /** The rule called {@code rule} has given a request for {@code model} to {@code target}. */
        void rewritten(String rule, String model, String target);
    }

    /** @param trustsHeader whether requests may name their model by a header */
    public RewriteModel(
            ModelRewrites rewrites,
            List<ScheduledPool> pools,
            boolean trustsHeader,
            Supplier<RandomGenerator> random,
            Observer observer) {
        this.rewrites = rewrites;
        this.trustsHeader = trustsHeader;
        this.random = random;
        this.observer = observer;
        for (ScheduledPool pool : pools) {
            this.pools.add(pool.pool().name());
            pool.pool()
                    .models()
                    .forEach(model -> poolByModel.put(model, pool.pool().name()));
        }
    }

    @Override
    public void process(Exchange exchange) {
        if (rewrites.isEmpty() && !trustsHeader) {
            return;
        }
        InferenceExchange inference = InferenceExchange.of(exchange);
        if (!inference.canRewriteModel()) {
            return;
        }
        Message message = exchange.getMessage();
        String asked = inference.request().model();
        String named = header(inference.request().context().headers());
        String model = named.isEmpty() ? asked : named;
        String pool = pool(model, message);
        RewriteRule rule = rewrites.find(model, pool);
        String target = model;
        if (rule != null) {
            target = rule.choose(random.get());
            observer.rewritten(rule.name(), model, target);
            pool = rule.pool().isEmpty() ? pool : rule.pool();
        }
        if (!target.equals(asked)) {
            inference.rewriteModel(target);
            message.setHeader(InferenceExchange.MODEL, target);
            boolean isServed = poolByModel.getOrDefault(target, pool).equals(pool);
            if ((rule != null && !rule.pool().isEmpty()) || (isServed && pools.contains(pool))) {
                message.setHeader(InferenceExchange.POOL, pool);
            }
        }
    }

    private String header(RequestHeaders headers) {
        return trustsHeader ? headers.first(HEADER, OLDER_HEADER) : "";
    }

    /** Returns the pool that a route has named, or that serves the model, or the only one; empty if nothing tells. */
    private String pool(String model, Message message) {
        String named = message.getHeader(InferenceExchange.POOL, String.class);
        if (named != null) {
            return named;
        }
        return poolByModel.getOrDefault(
                model, pools.size() == 1 ? pools.iterator().next() : "");
    }
}
