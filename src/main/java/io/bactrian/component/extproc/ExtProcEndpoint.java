package io.bactrian.component.extproc;

import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Take requests that an Envoy proxy asks about over external processing, and tell it which endpoints they should go to. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "ext-proc",
        title = "External Processing",
        syntax = "ext-proc:host:port",
        consumerOnly = true,
        category = {Category.AI, Category.HTTP})
public final class ExtProcEndpoint extends DefaultEndpoint {

    @UriPath(description = "The address to listen on.")
    @Metadata(required = true)
    private String host;

    @UriPath(description = "The port to listen on.")
    @Metadata(required = true)
    private int port;

    @UriParam(defaultValue = "9003", description = "The port that answers about health alone, without TLS.")
    private int healthPort = 9003;

    ExtProcEndpoint(String uri, ExtProcComponent component, String host, int port) {
        super(uri, component);
        this.host = host;
        this.port = port;
    }

    @Override
    public Producer createProducer() {
        throw new UnsupportedOperationException("ext-proc: can only be received from");
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        ExtProcConsumer consumer = new ExtProcConsumer(this, processor, ((ExtProcComponent) getComponent()).services());
        configureConsumer(consumer);
        return consumer;
    }

    public String getHost() {
        return host;
    }

    public void setHost(String host) {
        this.host = host;
    }

    public int getPort() {
        return port;
    }

    public void setPort(int port) {
        this.port = port;
    }

    public int getHealthPort() {
        return healthPort;
    }

    public void setHealthPort(int healthPort) {
        this.healthPort = healthPort;
    }
}
