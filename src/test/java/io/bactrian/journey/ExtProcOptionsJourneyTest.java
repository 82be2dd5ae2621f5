package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.responseHead;
import static io.bactrian.fixture.TestProxy.servedBy;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an endpoint picker tells beside the endpoint, if it is told to. */
class ExtProcOptionsJourneyTest {
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    /** Totals that can be checked by eye: one scorer, of weight 3. */
    private static final String POLICY = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - type: destination-endpoint-served-verifier
              - type: queue-scorer
            schedulingProfiles:
              - name: default
                plugins:
                  - pluginRef: queue-scorer
                    weight: 3
            """;

    private static final String VERIFIED = "x-conformance-test-served-endpoint";

    @Order(1)
    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.picker()
            .property("bactrian.ext-proc.emit-endpoint-scores", "true")
            .property(
                    "bactrian.pools.main.scheduling-file",
                    AtomicFile.create(POLICY).toString())
            .simulated("a")
            .simulated("b")
            .build();

    @Order(2)
    @RegisterExtension
    static final TestProxy PROXY = TestProxy.of(ROUTER);

    @Test
    void tellsTheProxyHowTheCandidatesWereRated() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(head(false)).send(body(CHAT, true));

        Map<String, Value> scores = stream.next()
                .getDynamicMetadata()
                .getFieldsOrThrow("envoy.lb")
                .getStructValue()
                .getFieldsOrThrow("x-gateway-destination-endpoint-scores")
                .getStructValue()
                .getFieldsMap();

        assertThat(scores).containsOnlyKeys(ROUTER.address("a"), ROUTER.address("b"));
        // Nobody waits at either, so that each is the best: 1, three times.
        assertThat(scores.values()).extracting(Value::getNumberValue).containsOnly(3.0);
        stream.cancel();
    }

    @Test
    void ratesNobodyForARequestWithoutABody() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(head("GET", "/health", true));

        assertThat(stream.next()
                        .getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsMap())
                .containsOnlyKeys("x-gateway-destination-endpoint");
        stream.cancel();
    }

    @Test
    void saysWhichEndpointTheProxyHasReported() throws Exception {
        TestProxy.Stream stream = asked();
        stream.send(servedBy(responseHead(200, "application/json", true), "10.9.8.7:3000"));

        assertThat(set(answerHead(stream), VERIFIED)).isEqualTo("10.9.8.7:3000");
        stream.halfClose();
    }

    @Test
    void saysNothingIfTheProxyHasReportedNone() throws Exception {
        TestProxy.Stream stream = asked();
        stream.send(responseHead(200, "application/json", true));

        CommonResponse reply = answerHead(stream);
        assertThat(set(reply, "x-went-into-resp-headers")).isEqualTo("true");
        assertThat(set(reply, VERIFIED)).isEmpty();
        stream.halfClose();
    }

    private static TestProxy.Stream asked() throws InterruptedException {
        TestProxy.Stream stream = PROXY.open().send(head(false)).send(body(CHAT, true));
        stream.next();
        stream.next();
        return stream;
    }

    private static CommonResponse answerHead(TestProxy.Stream stream) throws InterruptedException {
        return stream.next().getResponseHeaders().getResponse();
    }
}
