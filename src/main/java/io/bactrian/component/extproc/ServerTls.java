package io.bactrian.component.extproc;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Serves TLS without asking clients for certificates: data planes have none, and take the server's as it is. */
final class ServerTls implements AutoCloseable {
    private static final int RELOAD_SECONDS = 60;

    private final SslContext context;
    private final AutoCloseable reload;

    private ServerTls(AdvancedTlsX509KeyManager keys, AutoCloseable reload) throws IOException {
        this.context =
                GrpcSslContexts.configure(SslContextBuilder.forServer(keys)).build();
        this.reload = reload;
    }

    /**
     * Returns TLS as {@code setting} wants it; null for none.
     *
     * @param timer reads the files again once a minute
     */
    static @Nullable ServerTls of(String setting, ScheduledExecutorService timer)
            throws IOException, GeneralSecurityException {
        if (setting.equals(ExtProcSettings.OFF)) {
            return null;
        }
        AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
        if (setting.equals(ExtProcSettings.SELF_SIGNED)) {
            SelfSigned made = SelfSigned.make();
            keys.updateIdentityCredentials(new X509Certificate[] {made.certificate()}, made.key());
            return new ServerTls(keys, () -> {});
        }
        File certificate = file(setting, "tls.crt");
        File key = file(setting, "tls.key");
        AdvancedTlsX509KeyManager.Closeable reload =
                keys.updateIdentityCredentials(certificate, key, RELOAD_SECONDS, TimeUnit.SECONDS, timer);
        return new ServerTls(keys, reload);
    }

    private static File file(String folder, String name) {
        File file = Path.of(folder, name).toFile();
        if (!file.canRead()) {
            throw new IllegalArgumentException("bactrian.ext-proc.tls: " + folder + " (expected: self-signed, off or a"
                    + " folder with tls.crt and tls.key)");
        }
        return file;
    }

    SslContext context() {
        return context;
    }

    @Override
    public void close() throws Exception {
        reload.close();
    }
}
