package io.bactrian.journey;

import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.Certificate;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A sidecar's port over TLS, and each of its legs. */
@Timeout(60)
class SidecarTlsJourneyTest {
    private static final String CHAT = Requests.chat("demo", 1, false);

    @TempDir
    private Path dir = Path.of("");

    private Certificate certificate;
    private RawModelServer prefill;
    private RawModelServer engine;
    private RouterFixture sidecar = RouterFixture.builder().build();

    @SuppressWarnings("NullAway") // set before each test
    SidecarTlsJourneyTest() {}

    @BeforeEach
    void startServers() throws Exception {
        certificate = Certificate.make(dir);
        SSLContext tls = certificate.server();
        prefill = new RawModelServer(answering(computed(0, PARAMS)), tls);
        engine = new RawModelServer(answering(json(200, "{\"answered\":true}")), tls);
    }

    private static RawModelServer.Script answering(String answer) {
        return connection -> {
            connection.send(answer);
            return true;
        };
    }

    @AfterEach
    void close() {
        try {
            sidecar.awaitQuiet();
        } finally {
            sidecar.close();
            prefill.close();
            engine.close();
        }
    }

    private SidecarUnderTest beside() {
        return new SidecarUnderTest(engine.port())
                .allowing(prefill.port())
                .property("bactrian.health.path", "")
                .split("when-prefill-failed", "fail");
    }

    private HttpAnswer split() {
        return RawClient.exchange(
                sidecar.port(), Requests.post(CHAT, "x-prefiller-host-port: 127.0.0.1:" + prefill.port()));
    }

    @Test
    void legsAreVerifiedByTheCertificatesThatAreTrusted() {
        sidecar = beside().property("bactrian.sidecar.enable-tls", "prefiller,decoder")
                .property(
                        "bactrian.sidecar.tls-ca-cert-path", certificate.file().toString())
                .start();

        assertThat(split().text()).isEqualTo("{\"answered\":true}");

        assertThat(prefill.requests()).hasSize(1);
        assertThat(engine.requests()).hasSize(1);
    }

    @Test
    void verificationIsLeftOutWhereThatIsAskedFor() {
        sidecar = beside().property("bactrian.sidecar.enable-tls", "prefiller,decoder")
                .property("bactrian.sidecar.tls-insecure-skip-verify", "prefiller,decoder")
                .start();

        assertThat(split().status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"prefiller, 0, 0", "decoder, 1, 0"})
    void aLegWithACertificateThatNobodyTrustsFails(String verified, int computed, int answered) {
        sidecar = beside().property("bactrian.sidecar.enable-tls", "prefiller,decoder")
                .property(
                        "bactrian.sidecar.tls-insecure-skip-verify",
                        verified.equals("prefiller") ? "decoder" : "prefiller")
                .start();

        assertThat(split().status()).isEqualTo(502);

        assertThat(prefill.requests()).hasSize(computed);
        assertThat(engine.requests()).hasSize(answered);
    }

    @Test
    void aLegThatHasNoTlsDoesNotReachAServerThatHas() {
        sidecar = beside().property("bactrian.sidecar.enable-tls", "decoder")
                .property("bactrian.sidecar.tls-insecure-skip-verify", "decoder")
                .start();

        assertThat(split().status()).isEqualTo(502);
        assertThat(RawClient.exchange(sidecar.port(), Requests.post(CHAT)).status())
                .isEqualTo(200);
    }

    private SidecarUnderTest encrypted(String tls) {
        return beside().property("bactrian.http.tls", tls)
                .property("bactrian.sidecar.enable-tls", "decoder")
                .property("bactrian.sidecar.tls-insecure-skip-verify", "decoder");
    }

    @Test
    void thePortHasACertificateOfItsOwn() {
        sidecar = encrypted("self-signed").start();

        try (RawClient client = RawClient.connectTls(sidecar.port())) {
            assertThat(client.send(Requests.post(CHAT)).read().text()).isEqualTo("{\"answered\":true}");
            assertThat(client.send(Requests.get("/health")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void thePortShowsTheCertificateOfAFolderAndSpeaksHttp2() throws Exception {
        sidecar = encrypted(certificate.folder().toString()).start();
        HttpClient client = HttpClient.newBuilder().sslContext(trustingAll()).build();

        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + sidecar.port() + "/v1/chat/completions"))
                        .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.body()).isEqualTo("{\"answered\":true}");
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    }

    private static SSLContext trustingAll() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        return context;
    }

    @Test
    void whoSpeaksNoTlsIsNotAnswered() {
        sidecar = encrypted("self-signed").start();

        assertThatThrownBy(() -> RawClient.exchange(sidecar.port(), Requests.get("/health")))
                .hasMessageContaining("the connection ended after: ");
    }
}
