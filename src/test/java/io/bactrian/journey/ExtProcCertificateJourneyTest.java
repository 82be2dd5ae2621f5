package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.responseHead;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.SelfSignedCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that are replaced while streams are open. */
class ExtProcCertificateJourneyTest {
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path folder = Path.of("");

    private SelfSignedCertificate first;
    private SelfSignedCertificate second;
    private RouterFixture router;

    @BeforeEach
    void start() throws Exception {
        first = new SelfSignedCertificate("picker.test");
        second = new SelfSignedCertificate("picker.test");
        Files.copy(first.certificate().toPath(), folder.resolve("tls.crt"));
        Files.copy(first.privateKey().toPath(), folder.resolve("tls.key"));
        router = RouterFixture.picker()
                .property("bactrian.ext-proc.tls", folder.toString())
                .simulated("a")
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        router.close();
        first.delete();
        second.delete();
    }

    /** Returns a proxy that believes the certificate of {@code trusted} alone. */
    private TestProxy trusting(SelfSignedCertificate trusted) throws IOException {
        return new TestProxy(NettyChannelBuilder.forAddress("127.0.0.1", router.pickerPort())
                .overrideAuthority("picker.test")
                .sslContext(
                        GrpcSslContexts.configure(SslContextBuilder.forClient().trustManager(trusted.cert()))
                                .build()));
    }

    private static TestProxy.Stream asked(TestProxy proxy) throws InterruptedException {
        TestProxy.Stream stream = proxy.open().send(head(false)).send(body(CHAT, true));
        assertThat(set(stream.next().getRequestHeaders().getResponse(), "x-gateway-destination-endpoint"))
                .startsWith("127.0.0.1:");
        stream.next();
        return stream;
    }

    private boolean isShown(SelfSignedCertificate certificate) throws Exception {
        try (TestProxy proxy = trusting(certificate)) {
            TestProxy.Stream stream = proxy.open().send(head(false)).send(body(CHAT, true));
            boolean served = stream.nextUnlessEnded().isPresent();
            stream.cancel();
            return served;
        }
    }

    private void replace(String name, String content) {
        AtomicFile.replace(folder.resolve(name), content);
    }

    private double reloads(String result) {
        return router.router()
                .application()
                .meters()
                .counter("bactrian_certificate_reloads", "result", result)
                .count();
    }

    @Test
    void showsANewCertificateToNewConnectionsWhileOldStreamsGoOn() throws Exception {
        try (TestProxy old = trusting(first)) {
            TestProxy.Stream underWay = asked(old);
            replace("tls.crt", Files.readString(second.certificate().toPath()));
            replace("tls.key", Files.readString(second.privateKey().toPath()));
            await().atMost(PATIENCE).until(() -> reloads("taken") == 1);

            assertThat(isShown(second)).isTrue();
            assertThat(isShown(first)).isFalse();
            underWay.send(responseHead(200, "application/json", true));
            assertThat(underWay.next().getResponseCase()).isEqualTo(ProcessingResponse.ResponseCase.RESPONSE_HEADERS);
            asked(old).cancel(); // the connection lives on, too
            assertThat(reloads("refused")).isZero();
            underWay.halfClose();
        }
        router.awaitQuiet();
    }

    @Test
    void showsTheOldCertificateWhileTheNewOneCannotBeUsed() throws Exception {
        replace("tls.crt", Files.readString(second.certificate().toPath())); // and the key of the first
        await().atMost(PATIENCE).until(() -> reloads("refused") == 1);
        assertThat(isShown(first)).isTrue();

        replace("tls.crt", "-----BEGIN CERTIFICATE-----\nMIIB");
        await().atMost(PATIENCE).until(() -> reloads("refused") == 2);
        assertThat(isShown(first)).isTrue();
        assertThat(reloads("taken")).isZero();

        replace("tls.crt", Files.readString(second.certificate().toPath()));
        replace("tls.key", Files.readString(second.privateKey().toPath()));
        await().atMost(PATIENCE).until(() -> reloads("taken") == 1);
        assertThat(isShown(second)).isTrue();
        router.awaitQuiet();
    }
}
