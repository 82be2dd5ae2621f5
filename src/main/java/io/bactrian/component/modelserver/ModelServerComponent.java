package io.bactrian.component.modelserver;

import io.bactrian.endpoint.RetryBudget;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.ResponseFlows;
import io.netty.channel.EventLoopGroup;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.jspecify.annotations.Nullable;

/** Sends requests to the model servers that were picked for them. */
@Component("model-server")
public final class ModelServerComponent extends DefaultComponent {

    /**
     * What every call needs.
     *
     * @param loops run calls of exchanges that have no connection of ours
     * @param client sends to those who answer
     * @param responseHeaders Camel headers that are copied to streamed responses
     * @param splits how each pool splits prefill and decode
     * @param engineIds what transfer engines call themselves
     * @param workers look through long bodies
     * @param prefillClient sends to those who compute prompts for others
     * @param encodeClient sends to those who encode for others
     */
    public record Services(
            EventLoopGroup loops,
            ModelServerClient client,
            ResponseFlows flows,
            RetryBudget retries,
            RelayObserver observer,
            List<String> responseHeaders,
            Splits splits,
            EngineIds engineIds,
            Executor workers,
            ModelServerClient prefillClient,
            ModelServerClient encodeClient) {}

    private final @Nullable Services services;

    /** Makes a component that Camel can describe, and that serves nothing: calls need {@link Services}. */
    public ModelServerComponent() {
        this.services = null;
    }

    public ModelServerComponent(Services services) {
        this.services = services;
    }

    Services services() {
        if (services == null) {
            throw new IllegalStateException(
                    "model-server: no pools (expected: the component that a Bactrian router binds under this name)");
        }
        return services;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        ModelServerEndpoint endpoint = new ModelServerEndpoint(uri, this, remaining);
        setProperties(endpoint, parameters);
        return endpoint;
    }
}
