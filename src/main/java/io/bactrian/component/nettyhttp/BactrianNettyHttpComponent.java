package io.bactrian.component.nettyhttp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Endpoint;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.component.netty.http.HttpServerBootstrapFactory;
import org.apache.camel.component.netty.http.NettyHttpComponent;
import org.apache.camel.component.netty.http.NettyHttpConsumer;
import org.apache.camel.component.netty.http.NettyHttpEndpoint;

/**
 * netty-http that honours the endpoint option {@code serverInitializerFactory}, which the stock component reads and
 * ignores. Endpoints without the option are the stock component's.
 */
public final class BactrianNettyHttpComponent extends NettyHttpComponent {
    private final Map<String, HttpServerBootstrapFactory> doors = new ConcurrentHashMap<>();

    @Override
    protected HttpServerBootstrapFactory getOrCreateHttpNettyServerBootstrapFactory(NettyHttpConsumer consumer) {
        if (consumer.getConfiguration().getServerInitializerFactory() == null) {
            return super.getOrCreateHttpNettyServerBootstrapFactory(consumer);
        }
        return doors.computeIfAbsent(consumer.getConfiguration().getAddress(), address -> open(consumer));
    }

    /** Takes no option of a door that it does not know; the stock component would take it for a part of the address. */
    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        Endpoint endpoint = super.createEndpoint(uri, remaining, parameters);
        boolean isDoor = ((NettyHttpEndpoint) endpoint).getConfiguration().getServerInitializerFactory() != null;
        if (isDoor && !parameters.isEmpty()) {
            throw new ResolveEndpointFailedException(uri, "Unknown parameters=[" + parameters + "]");
        }
        return endpoint;
    }

    private HttpServerBootstrapFactory open(NettyHttpConsumer consumer) {
        HttpServerBootstrapFactory factory = new HttpServerBootstrapFactory(
                getMultiplexChannelHandler(consumer.getConfiguration().getPort()));
        factory.init(
                getCamelContext(),
                consumer.getConfiguration(),
                consumer.getConfiguration().getServerInitializerFactory().createPipelineFactory(consumer));
        return factory;
    }
}
