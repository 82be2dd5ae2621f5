package io.bactrian.component.nettyhttp;

import io.bactrian.component.tls.ServerTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** Encrypts client connections: TLS 1.2 and 1.3, HTTP/2 for who asks for it. */
public final class DoorTls implements AutoCloseable {
    private static final String PROPERTY = "bactrian.http.tls";

    private final ServerTls keys;
    private final SslContext context;

    private DoorTls(ServerTls keys) throws IOException {
        this.keys = keys;
        this.context = keys.context()
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .build();
    }

    /**
     * Returns TLS as {@code setting} wants it; null for none.
     *
     * @param timer reads the files of a folder again once a minute
     * @throws IllegalArgumentException if certificate or key cannot be used, saying so
     */
    public static @Nullable DoorTls of(String setting, ScheduledExecutorService timer) {
        try {
            ServerTls keys = ServerTls.of(PROPERTY, setting, timer);
            return keys == null ? null : new DoorTls(keys);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    PROPERTY + ": " + setting + " (expected: a PEM certificate and its key): " + e.getMessage(), e);
        }
    }

    /** Returns what encrypts one connection. */
    ChannelHandler handler(ByteBufAllocator allocator) {
        return context.newHandler(allocator);
    }

    @Override
    public void close() throws Exception {
        keys.close();
    }
}
