package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bactrian.config.ConfigurationException;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.fixture.RouterUnderTest;
import io.bactrian.fixture.TlsPageServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Metric pages behind TLS. */
@Timeout(60)
class EncryptedPagesJourneyTest {
    @TempDir
    private Path dir = Path.of("");

    @Test
    void aPageIsReadFromAServerWhoseCertificateIsTrusted() throws Exception {
        try (TlsPageServer pages = pages("own");
                RouterUnderTest router =
                        router(pages, "insecureSkipVerify: false, caCertPath: " + pages.certificate())) {
            router.start();

            await().until(() -> member(router).metrics().waitingRequests().value() == 4);
        }
    }

    @Test
    void withoutVerificationAnyCertificateWillDo() throws Exception {
        try (TlsPageServer pages = pages("own");
                RouterUnderTest router = router(pages, "insecureSkipVerify: true")) {
            router.start();

            await().until(() -> member(router).metrics().waitingRequests().value() == 4);
        }
    }

    @Test
    void aServerWhoseCertificateIsNotTrustedIsNotRead() throws Exception {
        try (TlsPageServer pages = pages("own");
                TlsPageServer stranger = pages("stranger");
                RouterUnderTest router =
                        router(pages, "insecureSkipVerify: false, caCertPath: " + stranger.certificate())) {
            router.start();

            await().until(() -> router.router()
                    .application()
                    .meters()
                    .scrape()
                    .contains("llm_d_epp_datalayer_poll_errors_total{source_type=\"metrics-data-source\"}"));
            assertThat(member(router).metrics().waitingRequests().isPresent()).isFalse();
        }
    }

    @Test
    void aCertificateThatIsNotThereStopsTheStart() throws Exception {
        try (TlsPageServer pages = pages("own");
                RouterUnderTest router = router(pages, "insecureSkipVerify: false, caCertPath: /nowhere.crt")) {

            assertThatThrownBy(router::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("caCertPath: /nowhere.crt (expected: a readable file with PEM certificates)");
        }
    }

    private TlsPageServer pages(String name) throws Exception {
        return new TlsPageServer(Files.createDirectory(dir.resolve(name)), "/metrics", "vllm:num_requests_waiting 4\n");
    }

    private RouterUnderTest router(TlsPageServer pages, String parameters) throws Exception {
        Path file = Files.writeString(dir.resolve("scheduling.yaml"), """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                - {type: metrics-data-source, parameters: {scheme: https, port: %d, %s}}
                - type: queue-scorer
                """.formatted(pages.port(), parameters));
        return new RouterUnderTest().set("bactrian.pools.main.scheduling-file", file.toString());
    }

    private static EndpointPool.Member member(RouterUnderTest router) {
        return router.router()
                .application()
                .pools()
                .get(0)
                .pool()
                .snapshot()
                .members()
                .get(0);
    }
}
