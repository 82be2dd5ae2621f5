package io.bactrian.component.nettyhttp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.component.netty.http.HttpServerBootstrapFactory;
import org.apache.camel.component.netty.http.NettyHttpComponent;
import org.apache.camel.component.netty.http.NettyHttpConsumer;

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
