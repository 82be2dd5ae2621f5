package io.bactrian.relay;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** Encrypts connections to model servers. Safe between threads. */
public final class UpstreamTls {
    private final SslContext context;
    private final boolean verify;

    private UpstreamTls(SslContext context, boolean verify) {
        this.context = context;
        this.verify = verify;
    }

    /** Reads certificates and key; throws {@link IllegalArgumentException} naming the setting whose file cannot be used. */
    public static UpstreamTls of(TlsSettings settings) {
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (!settings.verify()) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else if (!settings.caCertPath().isEmpty()) {
            use("caCertPath", settings.caCertPath(), "PEM certificates", builder::trustManager);
        }
        if (!settings.clientCertPath().isEmpty()) {
            File key = new File(settings.clientKeyPath());
            use(
                    "clientCertPath",
                    settings.clientCertPath(),
                    "a PEM certificate and its PKCS#8 key",
                    file -> builder.keyManager(file, key));
        }
        try {
            return new UpstreamTls(builder.build(), settings.verify());
        } catch (SSLException e) {
            throw new IllegalArgumentException(
                    "caCertPath: " + settings.caCertPath() + " (expected: usable for TLS: " + e.getMessage() + ")", e);
        }
    }

    private interface FileUse {
        void use(File file);
    }

    private static void use(String setting, String path, String expected, FileUse use) {
        File file = new File(path);
        if (!file.canRead()) {
            throw new IllegalArgumentException(
                    setting + ": " + path + " (expected: a readable file with " + expected + ")");
        }
        try {
            use.use(file);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(setting + ": " + path + " (expected: " + expected + ")", e);
        }
    }

    /** Returns what encrypts one connection to {@code address}; the handshake begins when it is connected. */
    ChannelHandler handler(ByteBufAllocator allocator, InetSocketAddress address) {
        SslHandler handler = context.newHandler(allocator, address.getHostString(), address.getPort());
        if (verify) {
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            handler.engine().setSSLParameters(parameters);
        }
        return handler;
    }
}
