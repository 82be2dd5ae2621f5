package io.bactrian.journey;

import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.responseHead;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.fixture.TestProxy;
import io.bactrian.fixture.TransferringServers;
import io.bactrian.simulator.SimulatedModelServer;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A prompt that one endpoint has cached and another computes: cached blocks are loaded from the first. */
@Timeout(60)
class CacheSourceJourneyTest {
    /** A header of the request says who is picked. */
    private static final String POLICY = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - type: p2p-source-producer
            - type: header-based-testing-filter
            schedulingProfiles:
            - {name: default, plugins: [{pluginRef: header-based-testing-filter}]}
            """;

    private static final String SPLIT_POLICY = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - type: p2p-source-producer
            - type: header-based-testing-filter
            - type: prefix-cache-scorer
            - type: decode-filter
            - type: prefill-filter
            - type: always-disagg-pd-decider
            - type: disagg-profile-handler
              parameters: {deciders: {prefill: {pluginRef: always-disagg-pd-decider}}}
            schedulingProfiles:
            - {name: decode, plugins: [{pluginRef: decode-filter}]}
            - name: prefill
              plugins: [{pluginRef: header-based-testing-filter}, {pluginRef: prefill-filter}, {pluginRef: prefix-cache-scorer}]
            """;

    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + "one two three four five six seven eight nine ten eleven twelve ".repeat(12) + "\"}],\"max_tokens\":4}";

    private static final String ID = "\"kv_request_id\":\"[0-9a-f-]{36}\"";

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer first = RawModelServer.answering(computed(0, PARAMS));
    private final RawModelServer second = RawModelServer.answering(computed(0, PARAMS));
    private final TransferringServers servers = new TransferringServers();
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
        first.close();
        second.close();
        servers.close();
    }

    private SplitPool pool(String policy) {
        return new SplitPool(dir).policy(policy).property("bactrian.pools.demo.allow-experimental-plugins", "true");
    }

    private HttpAnswer askAt(int port) {
        return router.ask(CHAT, "test-epp-endpoint-selection: 127.0.0.1:" + port);
    }

    private static String source(int p2pPort) {
        return "\"remote_kv_source\":\\{" + ID + ",\"remote_host\":\"127.0.0.1\",\"remote_port\":" + p2pPort + "}";
    }

    @Test
    void whoComputesThePromptItselfLoadsWhatAnotherHas() {
        router = pool(POLICY)
                .at("prefill-decode", first.port(), "bactrian.io/p2p-port: '7001'")
                .at("prefill-decode", second.port(), "bactrian.io/p2p-port: '7002'")
                .split("kv-connector", "offloading")
                .start();

        askAt(first.port());
        askAt(second.port());
        askAt(second.port());

        assertThat(bodyOf(first.requests().get(0))).isEqualTo(CHAT);
        assertThat(bodyOf(second.requests().get(0)))
                .startsWith(CHAT.replaceFirst("}$", ""))
                .containsPattern("\"kv_transfer_params\":\\{" + source(7001) + "}}$");
        assertThat(second.requests().get(0)).doesNotContain("x-kv-cache-source-host-port");
        // It has the prompt by now.
        assertThat(bodyOf(second.requests().get(1))).isEqualTo(CHAT);
    }

    @Test
    void overNixlAloneNobodyIsAskedForWhatThePromptsOwnEndpointLacks() {
        router = pool(POLICY)
                .at("prefill-decode", first.port())
                .at("prefill-decode", second.port())
                .start();

        askAt(first.port());
        askAt(second.port());

        assertThat(bodyOf(second.requests().get(0))).isEqualTo(CHAT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "offloading"})
    void whoComputesThePromptForAnotherDoesToo(String connector) {
        RawModelServer decode = RawModelServer.answering(json(200, "{}"));
        router = pool(SPLIT_POLICY)
                .at("prefill", first.port(), "bactrian.io/p2p-port: '7001'")
                .at("prefill", second.port(), "bactrian.io/p2p-port: '7002'")
                .at("decode", decode.port(), "bactrian.io/p2p-port: '7001'")
                .split("kv-connector", connector)
                .start();

        askAt(first.port());
        askAt(second.port());

        assertThat(bodyOf(first.requests().get(0))).doesNotContain("remote_kv_source");
        assertThat(bodyOf(second.requests().get(0)))
                .contains(connector.equals("nixlv2") ? "\"do_remote_decode\":true" : "\"remote_decoder\":{")
                .containsPattern("," + source(7001) + "}");
        assertThat(decode.requests()).hasSize(2).noneMatch(request -> request.contains("remote_kv_source"));
        decode.close();
    }

    /** Who has the prompt and fails is not asked for its blocks: the engine would wait for them. */
    @Test
    void aPeerThatFailsIsNotLoadedFrom() {
        RawModelServer decode = RawModelServer.answering(json(200, "{}"));
        router = pool(SPLIT_POLICY)
                .at("prefill", first.port())
                .at("prefill", second.port())
                .at("decode", decode.port(), "bactrian.io/p2p-port: '7003'")
                .split("kv-connector", "offloading")
                .start();
        askAt(first.port());
        first.answerWith(RawModelServer.sending(json(503, "{}")));

        router.ask(CHAT, "test-epp-endpoint-selection: 127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port());

        assertThat(first.requests()).hasSize(2);
        assertThat(second.requests()).hasSize(1).noneMatch(request -> request.contains("\"remote_port\":7777}"));
        decode.close();
    }

    @Test
    void aSidecarIsToldByHeader() {
        router = pool(POLICY)
                .at("prefill-decode", first.port())
                .at("prefill-decode", second.port())
                .split("mode", "sidecar")
                .split("kv-connector", "offloading")
                .start();

        askAt(first.port());
        askAt(second.port());

        assertThat(first.requests().get(0)).doesNotContain("x-kv-cache-source-host-port");
        assertThat(second.requests().get(0))
                .contains("x-kv-cache-source-host-port: 127.0.0.1:" + first.port() + "\r\n")
                .endsWith("\r\n\r\n" + CHAT);
    }

    @Test
    void aProxyIsToldByHeader() throws Exception {
        router = pool(POLICY)
                .at("prefill-decode", first.port())
                .at("prefill-decode", second.port())
                .asPicker()
                .start();

        try (TestProxy proxy = new TestProxy(router.pickerPort())) {
            assertThat(sourceFor(proxy, first.port())).isEmpty();
            assertThat(sourceFor(proxy, second.port())).isEqualTo("127.0.0.1:" + first.port());
        }
    }

    private static String sourceFor(TestProxy proxy, int port) throws Exception {
        TestProxy.Stream stream = proxy.open()
                .send(head(
                        false,
                        "test-epp-endpoint-selection",
                        "127.0.0.1:" + port,
                        "x-kv-cache-source-host-port",
                        "10.9.9.9:1"))
                .send(body(CHAT, true));
        CommonResponse reply = stream.next().getRequestHeaders().getResponse();
        stream.next();
        stream.send(responseHead(200, "application/json", true));
        stream.next();
        stream.halfClose();
        stream.end();
        return set(reply, "x-kv-cache-source-host-port");
    }

    @Test
    void simulatedServersReallyLoadTheBlocks() {
        SimulatedModelServer one = servers.start(EndpointRole.PREFILL_DECODE);
        SimulatedModelServer other = servers.start(EndpointRole.PREFILL_DECODE);
        router = pool(POLICY)
                .at("prefill-decode", one.port(), "bactrian.io/p2p-port: '" + one.transferPort() + "'")
                .at("prefill-decode", other.port(), "bactrian.io/p2p-port: '" + other.transferPort() + "'")
                .split("kv-connector", "offloading")
                .start();

        assertThat(askAt(one.port()).text()).doesNotContain("cached_tokens\":1");
        HttpAnswer answer = askAt(other.port());

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).containsPattern("\"cached_tokens\":1\\d\\d");
        assertThat(other.transfers().loads()).isEqualTo(1);
        assertThat(one.transfers().pinnedBlocks()).isZero();
    }
}
