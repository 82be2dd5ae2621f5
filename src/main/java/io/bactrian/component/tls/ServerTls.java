package io.bactrian.component.tls;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/** Serves TLS without asking clients for certificates: data planes have none, and take the server's as it is. */
public final class ServerTls implements AutoCloseable {
    /** The setting that serves TLS with a certificate made at the start. */
    public static final String SELF_SIGNED = "self-signed";

    /** The setting that serves without TLS. */
    public static final String OFF = "off";

    /** Is told of certificates that were put in the place of others. */
    @FunctionalInterface
    public interface ReloadObserver {
        /** One was read; {@code taken} tells whether it is shown. */
        void reloaded(boolean taken);
    }

    private final AdvancedTlsX509KeyManager keys;
    private final @Nullable CertificateFolder folder; // null for a certificate made at the start
    private final AutoCloseable reload;

    private ServerTls(AdvancedTlsX509KeyManager keys, @Nullable CertificateFolder folder, AutoCloseable reload) {
        this.keys = keys;
        this.folder = folder;
        this.reload = reload;
    }

    /**
     * Returns TLS as {@code setting} wants it; null for none.
     *
     * @param property names the setting
     * @param timer reads the files again once a second
     * @throws IllegalArgumentException if the setting is a folder whose certificate or key cannot be used
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
            return new ServerTls(keys, null, () -> {});
        }
        CertificateFolder folder = open(property, setting, keys);
        ScheduledFuture<?> watching = folder.watch(timer);
        return new ServerTls(keys, folder, () -> watching.cancel(false));
    }

    private static CertificateFolder open(String property, String setting, AdvancedTlsX509KeyManager keys) {
        try {
            return new CertificateFolder(Path.of(setting), identity -> show(identity, keys));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    property + ": " + setting + ": " + e.getMessage()
                            + " (expected: self-signed, off or a folder with tls.crt and tls.key)",
                    e);
        }
    }

    private static void show(Identity identity, AdvancedTlsX509KeyManager keys) {
        keys.updateIdentityCredentials(identity.chain().toArray(new X509Certificate[0]), identity.key());
    }

    /** Tells {@code observer} of certificates that take the place of others; there are none unless they come from a folder. */
    public void observe(ReloadObserver observer) {
        if (folder != null) {
            folder.setObserver(observer);
        }
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
