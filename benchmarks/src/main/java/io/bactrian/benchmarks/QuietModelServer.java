package io.bactrian.benchmarks;

import io.bactrian.component.modelserver.EngineIds;
import io.bactrian.component.modelserver.ModelServerComponent;
import io.bactrian.component.modelserver.Splits;
import io.bactrian.disaggregation.SplitObserver;
import io.bactrian.endpoint.RetryBudget;
import io.bactrian.endpoint.RetrySettings;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.ResponseFlows;
import io.bactrian.relay.UpstreamSettings;
import io.netty.channel.EventLoopGroup;
import java.util.List;
import java.util.Map;

/** The component {@code model-server} without its meters, so that routes can tell what these cost. */
public final class QuietModelServer {
    private QuietModelServer() {}

    /** Returns the component for calls on {@code loops}. */
    public static ModelServerComponent create(EventLoopGroup loops) {
        ModelServerClient client = new ModelServerClient(UpstreamSettings.DEFAULTS);
        return new ModelServerComponent(new ModelServerComponent.Services(
                loops,
                client,
                new ResponseFlows(UpstreamSettings.DEFAULTS),
                new RetryBudget(RetrySettings.DEFAULTS),
                RelayObserver.NONE,
                List.of(),
                new Splits(Map.of(), SplitObserver.NONE),
                new EngineIds(client),
                Runnable::run,
                client,
                client));
    }
}
