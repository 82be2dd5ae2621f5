package io.bactrian.component.extproc;

import io.bactrian.component.tls.ServerTls;
import io.bactrian.relay.EventLoops;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts gRPC servers on the router's event loops, with limits. */
final class GrpcServers {
    /** What a message may be longer than the longest body. */
    private static final int ENVELOPE_BYTES = 1 << 20;

    /** A proxy that is silent for so long is asked whether it is there, and given up when it does not answer in time. */
    private static final int KEEP_ALIVE_SECONDS = 30;

    private static final int KEEP_ALIVE_ANSWER_SECONDS = 10;

    /** How often a proxy may ask in turn. */
    private static final int MIN_PING_SECONDS = 5;

    private final ExtProcComponent.Services services;

    GrpcServers(ExtProcComponent.Services services) {
        this.services = services;
    }

    /**
     * Starts a server.
     *
     * @param tls null serves without
     * @param service null serves health alone
     */
    Server start(
            String host,
            int port,
            @Nullable ServerTls tls,
            @Nullable ServerServiceDefinition service,
            HealthService health)
            throws IOException {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                .bossEventLoopGroup(services.loops())
                .workerEventLoopGroup(services.loops())
                .channelType(EventLoops.serverChannel())
                .directExecutor()
                .maxConcurrentCallsPerConnection(services.settings().maxStreamsPerConnection())
                .maxInboundMessageSize(services.limits().maxBodyBytes() + ENVELOPE_BYTES)
                .maxInboundMetadataSize(services.limits().maxHeaderBytes())
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_ANSWER_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveTime(MIN_PING_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(health);
        if (service != null) {
            builder.addService(service);
        }
        if (tls != null) {
            builder.sslContext(GrpcSslContexts.configure(tls.context()).build());
        }
        return builder.build().start();
    }

    /** Stops {@code server}; what is under way is cut after {@code seconds}. */
    static void stop(@Nullable Server server, int seconds) throws InterruptedException {
        if (server != null && !server.shutdown().awaitTermination(seconds, TimeUnit.SECONDS)) {
            server.shutdownNow().awaitTermination(seconds, TimeUnit.SECONDS);
        }
    }
}
