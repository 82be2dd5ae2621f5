package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.sending;
import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.Certificate;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.MediaChats;
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
    private RawModelServer encoder;
    private RawModelServer prefill;
    private RawModelServer engine;
    private RouterFixture sidecar = RouterFixture.builder().build();

    @SuppressWarnings("NullAway") // set before each test
    SidecarTlsJourneyTest() {}

    @BeforeEach
    void startServers() throws Exception {
        certificate = Certificate.make(dir);
        SSLContext tls = certificate.server();
        encoder = new RawModelServer(sending(json(200, "{}")), tls);
        prefill = new RawModelServer(sending(computed(0, PARAMS)), tls);
        engine = new RawModelServer(sending(json(200, "{\"answered\":true}")), tls);
    }

    @AfterEach
    void close() {
        sidecar.closeWhenQuiet();
    }

    private SidecarUnderTest beside() {
        return new SidecarUnderTest(engine)
                .allowing(prefill)
                .allowing(encoder)
                .property("bactrian.health.path", "")
                .split("when-prefill-failed", "fail")
                .split("encode.ec-connector", "ec-example")
                .split("encode.when-failed", "fail");
    }

    private SidecarUnderTest encrypting(String... legs) {
        return beside().property("bactrian.sidecar.enable-tls", String.join(",", legs));
    }

    private HttpAnswer split() {
        return sidecar.ask(
                MediaChats.CHAT,
                "x-prefiller-host-port: 127.0.0.1:" + prefill.port(),
                "x-encoder-hosts-ports: 127.0.0.1:" + encoder.port());
    }

    @Test
    void legsAreVerifiedByTheCertificatesThatAreTrusted() {
        sidecar = encrypting("prefiller", "decoder", "encoder")
                .property(
                        "bactrian.sidecar.tls-ca-cert-path", certificate.file().toString())
                .start();

        assertThat(split().text()).isEqualTo("{\"answered\":true}");

        assertThat(encoder.requests()).hasSize(2); // pictures
        assertThat(prefill.requests()).hasSize(1);
        assertThat(engine.requests()).hasSize(1);
    }

    @Test
    void verificationIsLeftOutWhereThatIsAskedFor() {
        sidecar = encrypting("prefiller", "decoder", "encoder")
                .property("bactrian.sidecar.tls-insecure-skip-verify", "prefiller,decoder,encoder")
                .start();

        assertThat(split().status()).isEqualTo(200);
        assertThat(encoder.requests()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "encoder, 'prefiller,decoder', 0, 0",
        "prefiller, 'decoder,encoder', 2, 0",
        "decoder, 'prefiller,encoder', 2, 1"
    })
    void aLegWithACertificateThatNobodyTrustsFails(String verified, String others, int encoded, int computed) {
        sidecar = encrypting("prefiller", "decoder", "encoder")
                .property("bactrian.sidecar.tls-insecure-skip-verify", others)
                .start();

        HttpAnswer answer = split();

        assertThat(answer.status()).as(verified).isEqualTo(502);
        assertThat(encoder.requests()).hasSize(encoded);
        assertThat(prefill.requests()).hasSize(computed);
        assertThat(engine.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"encoder, 'prefiller,decoder', 0", "prefiller, 'decoder,encoder', 2"})
    void aLegThatHasNoTlsDoesNotReachAServerThatHas(String plain, String encrypted, int encoded) {
        sidecar = encrypting(encrypted)
                .property("bactrian.sidecar.tls-insecure-skip-verify", encrypted)
                .start();

        assertThat(split().status()).as(plain).isEqualTo(502);
        assertThat(encoder.requests()).hasSize(encoded);
        assertThat(prefill.requests()).isEmpty();
        assertThat(sidecar.ask(CHAT).status()).isEqualTo(200);
    }

    private SidecarUnderTest encrypted(String tls) {
        return encrypting("decoder")
                .property("bactrian.http.tls", tls)
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
