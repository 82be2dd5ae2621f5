package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.TransferCost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The other ways in which two vLLM servers are told of each other. */
class ConnectorShapesTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String HEX = "0123456789abcdef0123456789abcdef";
    private static final TransferOptions FAST = TransferOptions.DEFAULTS.withCost(new TransferCost(0, 1000, 1e15));

    private final ServerFixture servers = new ServerFixture();
    private final SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
    private final SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void mooncakeDecodeWaitsForTheTransferId() throws Exception {
        String engineId = queriedEngineId();
        CompletableFuture<HttpResponse<String>> decoding =
                servers.postAsync(decode, COMPLETIONS, body(9, mooncakeDecode("xfer-1", engineId)));
        ServerFixture.await(prefill, snapshot -> snapshot.openConnections() >= 1);

        servers.post(prefill, COMPLETIONS, body(1, mooncakePrefill("xfer-1")));

        assertLoaded(ServerFixture.json(decoding.get(20, TimeUnit.SECONDS)));
        assertThat(prefill.transfers().pinnedSets()).isZero();
    }

    @Test
    void mooncakeEngineIdsChangeAtARestart() throws Exception {
        String before = queriedEngineId();
        prefill.restart();
        assertThat(queriedEngineId()).isNotEqualTo(before);
        servers.post(prefill, COMPLETIONS, body(1, mooncakePrefill("xfer-2")));

        JsonNode answer =
                ServerFixture.json(servers.post(decode, COMPLETIONS, body(9, mooncakeDecode("xfer-2", before))));

        assertThat(answer.path("usage").has("prompt_tokens_details")).isFalse();
        assertThat(prefill.transfers().foreignReads()).isEqualTo(1);
    }

    @Test
    void moriioAnswersWithItsTransferId() throws Exception {
        JsonNode params = ServerFixture.json(servers.post(
                        prefill,
                        COMPLETIONS,
                        body(1, "{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"transfer_id\":\"txabc\"}")))
                .path("kv_transfer_params");
        assertThat(params.path("transfer_id").asText()).isEqualTo("txabc");

        assertLoaded(ServerFixture.json(servers.post(decode, COMPLETIONS, body(9, params.toString()))));
    }

    @Test
    void offloadingPairsByRequestId() throws Exception {
        servers.post(prefill, COMPLETIONS, body(1, "{\"remote_decoder\":{\"kv_request_id\":\"k1\"}}"));

        assertLoaded(ServerFixture.json(servers.post(
                decode,
                COMPLETIONS,
                body(9, "{\"remote_prefiller\":{\"kv_request_id\":\"k1\"," + address(prefill) + "}}"))));
    }

    @Test
    void offloadingCopiesWhatAnotherServerHasCached() throws Exception {
        SimulatedModelServer source = servers.start(EndpointRole.DECODE, FAST);
        servers.post(source, COMPLETIONS, body(9, "{}"));

        JsonNode answer = ServerFixture.json(servers.post(
                decode,
                COMPLETIONS,
                body(9, "{\"remote_kv_source\":{\"kv_request_id\":\"k2\"," + address(source) + "}}")));

        // 40 tokens, of which two whole blocks can be found by content.
        assertThat(cached(answer)).isEqualTo(32);
        assertThat(source.transfers().pinnedSets()).isZero();
    }

    @Test
    void ncclServersMeetByTheRequestId() throws Exception {
        String id = "___prefill_addr_127.0.0.1:" + prefill.transferPort() + "___decode_addr_127.0.0.1:"
                + decode.transferPort() + "_" + HEX;
        servers.post(prefill, COMPLETIONS, body(1, "null"), "X-Request-Id", id);

        JsonNode answer = ServerFixture.json(servers.post(decode, COMPLETIONS, body(9, "null"), "X-Request-Id", id));

        assertLoaded(answer);
        assertThat(prefill.transfers().pinnedSets()).isZero();
    }

    @Test
    void lmcacheReadsWhatWasPushedByThePromptAlone() throws Exception {
        JsonNode tokens = ServerFixture.json(
                        servers.post(prefill, "/tokenize", "{\"prompt\":\"" + "word ".repeat(40) + "\"}"))
                .path("tokens");
        String spec = "{\"ret_first_tok\":true,\"disagg_spec\":{\"req_id\":\"r\",\"receiver_host\":\"127.0.0.1\","
                + "\"receiver_init_port\":[" + decode.transferPort() + "],\"receiver_alloc_port\":[1]}}";
        JsonNode first = ServerFixture.json(servers.post(
                        prefill,
                        COMPLETIONS,
                        "{\"prompt\":" + tokens + ",\"ignore_eos\":true,\"max_tokens\":1,\"kv_transfer_params\":" + spec
                                + "}"))
                .path("kv_transfer_params")
                .path("first_tok");
        assertThat(first.isIntegralNumber()).isTrue();
        assertThat(decode.transfers().pinnedSets()).isEqualTo(1);

        String behind = tokens.toString().replace("]", "," + first + "]");
        JsonNode answer = ServerFixture.json(
                servers.post(decode, COMPLETIONS, "{\"prompt\":" + behind + ",\"ignore_eos\":true,\"max_tokens\":9}"));

        assertThat(cached(answer)).isEqualTo(40);
        assertThat(decode.transfers().pinnedSets()).isZero();
    }

    private String queriedEngineId() throws IOException, InterruptedException {
        HttpResponse<String> answer = servers.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + prefill.transferPort() + "/query")));
        String engineId = ServerFixture.json(answer).path("0").path("engine_id").asText();
        assertThat(engineId).isEqualTo(prefill.transfers().engineId());
        return engineId;
    }

    private String mooncakeDecode(String transferId, String engineId) {
        return "{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"transfer_id\":\"" + transferId
                + "\",\"remote_bootstrap_addr\":\"http://127.0.0.1:" + prefill.transferPort()
                + "\",\"remote_engine_id\":\"" + engineId + "\"}";
    }

    private static String mooncakePrefill(String transferId) {
        return "{\"do_remote_prefill\":false,\"do_remote_decode\":true,\"transfer_id\":\"" + transferId + "\"}";
    }

    private static String address(SimulatedModelServer server) {
        return "\"remote_host\":\"127.0.0.1\",\"remote_port\":" + server.transferPort();
    }

    private static void assertLoaded(JsonNode answer) {
        assertThat(cached(answer)).isEqualTo(39);
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(9);
    }

    private static int cached(JsonNode answer) {
        return answer.path("usage")
                .path("prompt_tokens_details")
                .path("cached_tokens")
                .asInt();
    }

    private static String body(int maxTokens, String params) {
        return "{\"prompt\":\"" + "word ".repeat(40) + "\",\"ignore_eos\":true,\"max_tokens\":" + maxTokens
                + ",\"kv_transfer_params\":" + params + "}";
    }
}
