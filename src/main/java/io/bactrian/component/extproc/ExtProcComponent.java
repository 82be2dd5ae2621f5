package io.bactrian.component.extproc;

import io.bactrian.component.nettyhttp.DrainState;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.component.tls.ServerTls;
import io.bactrian.relay.RelayObserver;
import io.netty.channel.EventLoopGroup;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.jspecify.annotations.Nullable;

/** Takes requests that Envoy, or another proxy that speaks external processing, asks about. */
@Component("ext-proc")
public final class ExtProcComponent extends DefaultComponent {

    /**
     * What every server needs.
     *
     * @param limits of heads and bodies, which are those of the HTTP door
     * @param loops move the bytes
     * @param timer reads certificates again
     * @param ready tells whether requests should be sent here
     * @param certificates is told of those that are replaced
     */
    public record Services(
            ExtProcSettings settings,
            HttpSettings limits,
            EventLoopGroup loops,
            ScheduledExecutorService timer,
            MemoryBudget budget,
            DrainState drain,
            BooleanSupplier ready,
            RelayObserver observer,
            ServerTls.ReloadObserver certificates) {}

    private final @Nullable Services services;

    /** Makes a component that Camel can describe, and that serves nothing: servers need {@link Services}. */
    public ExtProcComponent() {
        this.services = null;
    }

    public ExtProcComponent(Services services) {
        this.services = services;
    }

    Services services() {
        if (services == null) {
            throw new IllegalStateException(
                    "ext-proc: no pools (expected: the component that a Bactrian router binds under this name)");
        }
        return services;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        int colon = remaining.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("ext-proc:" + remaining + " (expected: ext-proc:host:port)");
        }
        ExtProcEndpoint endpoint = new ExtProcEndpoint(
                uri, this, remaining.substring(0, colon), Integer.parseInt(remaining.substring(colon + 1)));
        setProperties(endpoint, parameters);
        return endpoint;
    }
}
