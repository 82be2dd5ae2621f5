package io.bactrian.component.tls;

import io.grpc.util.AdvancedTlsX509KeyManager;
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
public final class ServerTls implements AutoCloseable {
    /** The setting that serves TLS with a certificate made at the start. */
    public static final String SELF_SIGNED = "self-signed";

    /** The setting that serves without TLS. */
    public static final String OFF = "off";

    private static final int RELOAD_SECONDS = 60;

    private final AdvancedTlsX509KeyManager keys;
    private final AutoCloseable reload;

    private ServerTls(AdvancedTlsX509KeyManager keys, AutoCloseable reload) {
        this.keys = keys;
        this.reload = reload;
    }

    /**
     * Returns TLS as {@code setting} wants it; null for none.
     *
     * @param property names the setting
     * @param timer reads the files again once a minute
     * @throws IllegalArgumentException if the setting is a folder without certificate or key
     */
    public static @Nullable ServerTls of(String property, String setting, ScheduledExecutorService timer)
            throws IOException, GeneralSecurityException {
        if (setting.equals(OFF)) {
            return null;
        }
        AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
        if (setting.equals(SELF_SIGNED)) {
            SelfSigned made = SelfSigned.make();
            keys.updateIdentityCredentials(new X509Certificate[] {made.certificate()}, made.key());
            return new ServerTls(keys, () -> {});
        }
        File certificate = file(property, setting, "tls.crt");
        File key = file(property, setting, "tls.key");
        AdvancedTlsX509KeyManager.Closeable reload =
                keys.updateIdentityCredentials(certificate, key, RELOAD_SECONDS, TimeUnit.SECONDS, timer);
        return new ServerTls(keys, reload);
    }

    private static File file(String property, String folder, String name) {
        File file = Path.of(folder, name).toFile();
        if (!file.canRead()) {
            throw new IllegalArgumentException(
                    property + ": " + folder + " (expected: self-signed, off or a folder with tls.crt and tls.key)");
        }
        return file;
    }

    /** Returns the beginning of a context that shows the certificate in force at each handshake. */
    public SslContextBuilder context() {
        return SslContextBuilder.forServer(keys);
    }

    @Override
    public void close() throws Exception {
        reload.close();
    }
}
