package io.bactrian.component.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.Certificate;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTlsTest {
    @TempDir
    private Path dir = Path.of("");

    private final List<Runnable> scheduled = new ArrayList<>();

    /** Keeps what is to run again and again, to be run when the test says. */
    private ScheduledExecutorService timer() {
        return (ScheduledExecutorService) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ScheduledExecutorService.class},
                (proxy, method, arguments) -> {
                    scheduled.add((Runnable) arguments[0]);
                    return Proxy.newProxyInstance(
                            getClass().getClassLoader(),
                            new Class<?>[] {ScheduledFuture.class},
                            (future, asked, with) -> false);
                });
    }

    private static byte[] shown(SslContext context) throws Exception {
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        SSLEngine client = trusting.createSSLEngine();
        client.setUseClientMode(true);
        SSLEngine server = context.newEngine(UnpooledByteBufAllocator.DEFAULT);
        ByteBuffer toServer = ByteBuffer.allocate(64 * 1024);
        ByteBuffer toClient = ByteBuffer.allocate(64 * 1024);
        for (int i = 0; i < 100 && client.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING || i == 0; i++) {
            step(client, toServer, toClient);
            step(server, toClient, toServer);
        }
        return client.getSession().getPeerCertificates()[0].getEncoded();
    }

    private static void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws Exception {
        in.flip();
        engine.unwrap(in, ByteBuffer.allocate(64 * 1024));
        in.compact();
        Runnable task;
        while ((task = engine.getDelegatedTask()) != null) {
            task.run();
        }
        engine.wrap(ByteBuffer.allocate(0), out);
    }

    @Test
    void aCertificateThatHasChangedIsShownFromTheNextLookOn() throws Exception {
        Path first = Files.createDirectory(dir.resolve("first"));
        Path second = Files.createDirectory(dir.resolve("second"));
        byte[] before = Certificate.make(first).certificate();
        byte[] after = Certificate.make(second).certificate();
        try (ServerTls tls = Objects.requireNonNull(ServerTls.of("key", first.toString(), timer()))) {
            SslContext context = tls.context().build();
            assertThat(shown(context)).isEqualTo(before);

            for (String name : List.of("tls.crt", "tls.key")) {
                Files.copy(second.resolve(name), first.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                Files.setLastModifiedTime(
                        first.resolve(name), FileTime.fromMillis(System.currentTimeMillis() + 10_000));
            }
            scheduled.forEach(Runnable::run);

            assertThat(shown(context)).isEqualTo(after);
        }
    }

    @Test
    void offIsNone() throws Exception {
        assertThat(ServerTls.of("key", "off", timer())).isNull();
    }

    @Test
    void aFolderWithoutACertificateIsRefused() {
        assertThatThrownBy(() -> ServerTls.of("bactrian.http.tls", dir.toString(), timer()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bactrian.http.tls: " + dir)
                .hasMessageContaining("tls.crt and tls.key");
    }
}
