package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A picker beside a proxy leaves the split of prefill and decode to the sidecar at the decode endpoint. */
@Timeout(60)
class ExtProcSplitJourneyTest {
    private static final RawModelServer PREFILL = new RawModelServer(connection -> false);
    private static final RawModelServer DECODE = new RawModelServer(connection -> false);
    private static final String SCHEDULING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - type: decode-filter
            - type: prefill-filter
            - type: always-disagg-pd-decider
            - {type: disagg-profile-handler, parameters: {deciders: {prefill: {pluginRef: always-disagg-pd-decider}}}}
            schedulingProfiles:
            - {name: decode, plugins: [{pluginRef: decode-filter}]}
            - {name: prefill, plugins: [{pluginRef: prefill-filter}]}
            """;
    private static final String ENDPOINTS = """
            endpoints:
            - {name: p, address: 127.0.0.1, port: %d, labels: {llm-d.ai/role: prefill}}
            - {name: d, address: 127.0.0.1, port: %d, labels: {llm-d.ai/role: decode}}
            """.formatted(PREFILL.port(), DECODE.port());

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .property("bactrian.role", "endpoint-picker")
            .property("bactrian.ext-proc.port", "0")
            .property("bactrian.ext-proc.health-port", "0")
            .property("bactrian.ext-proc.tls", "off")
            .property("bactrian.pools.main.models", "demo")
            .property(
                    "bactrian.pools.main.endpoints-file",
                    AtomicFile.create(ENDPOINTS).toString())
            .property(
                    "bactrian.pools.main.scheduling-file",
                    AtomicFile.create(SCHEDULING).toString())
            .build();

    @AfterAll
    static void close() {
        PREFILL.close();
        DECODE.close();
    }

    @Test
    void theSidecarIsToldWhereToHaveThePromptComputed() throws Exception {
        try (TestProxy proxy =
                new TestProxy(ROUTER.router().settings().extProc().port())) {
            TestProxy.Stream stream = proxy.open()
                    .send(head(false, "x-prefiller-host-port", "10.9.9.9:1"))
                    .send(body("{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}", true));

            ProcessingResponse reply = stream.next();
            CommonResponse changes = reply.getRequestHeaders().getResponse();
            assertThat(set(changes, "x-gateway-destination-endpoint")).isEqualTo("127.0.0.1:" + DECODE.port());
            assertThat(set(changes, "x-prefiller-host-port")).isEqualTo("127.0.0.1:" + PREFILL.port());
            stream.cancel();
        }
        assertThat(PREFILL.requests()).as("the picker itself asks for nothing").isEmpty();
    }
}
