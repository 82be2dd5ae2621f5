package io.bactrian.component.extproc;

import io.bactrian.component.tls.ServerTls;
import io.grpc.Server;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;

/** Listens for proxies and for those who ask about health. */
final class ExtProcConsumer extends DefaultConsumer {
    private static final int SWEEP_MILLIS = 50;
    private static final int STOP_SECONDS = 5;

    private final ExtProcEndpoint endpoint;
    private final ExtProcComponent.Services services;
    private @Nullable Server server;
    private @Nullable Server health;
    private @Nullable ServerTls tls;
    private @Nullable UnreadRequests unread;
    private @Nullable Future<?> sweeping;

    ExtProcConsumer(ExtProcEndpoint endpoint, Processor processor, ExtProcComponent.Services services) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        this.services = services;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        HealthService answers = new HealthService(services.ready());
        UnreadRequests unseen = new UnreadRequests(services.settings().unreadHold());
        unread = unseen;
        sweeping = services.loops()
                .scheduleWithFixedDelay(unseen::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        tls = ServerTls.of("bactrian.ext-proc.tls", services.settings().tls(), services.timer());
        if (tls != null) {
            tls.observe(services.certificates());
        }
        GrpcServers servers = new GrpcServers(services);
        RoutedRequests requests = new RoutedRequests(this, services, unseen);
        server = servers.start(
                endpoint.getHost(),
                endpoint.getPort(),
                tls,
                new ProcessorService(requests, services).definition(),
                answers);
        health = servers.start(endpoint.getHost(), endpoint.getHealthPort(), null, null, answers);
    }

    @Override
    protected void doStop() throws Exception {
        // Those under way have been waited for by the drain; what is left of streams is cut.
        GrpcServers.stop(server, STOP_SECONDS);
        GrpcServers.stop(health, STOP_SECONDS);
        if (sweeping != null) {
            sweeping.cancel(false);
        }
        if (unread != null) {
            unread.close();
        }
        if (tls != null) {
            tls.close();
        }
        super.doStop();
    }
}
