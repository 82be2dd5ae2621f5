package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.TransferCost;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** vLLM's NIXL connector: prefill answers with parameters, decode reads the blocks they name. */
class PrefillDecodeTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String SKELETON =
            "{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"remote_engine_id\":null,"
                    + "\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null}";
    private static final String PROMPT = "one two three four five six seven eight nine ten eleven twelve thirteen"
            + " fourteen fifteen sixteen seventeen eighteen nineteen twenty";
    private static final TransferCost FREE = new TransferCost(0, 1000, 1e15);
    private static final TransferCost ENDLESS = new TransferCost(600e9, 1000, 1e15);
    private static final TransferOptions FAST = TransferOptions.DEFAULTS.withCost(FREE);

    private final ServerFixture servers = new ServerFixture();

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void prefillAnswersOneTokenAndSaysWhereItsBlocksAre() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);

        JsonNode answer = prefill(prefill);

        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(1);
        assertThat(answer.path("choices").path(0).path("finish_reason").asText())
                .isEqualTo("length");
        JsonNode params = answer.path("kv_transfer_params");
        assertThat(params.path("do_remote_prefill").booleanValue()).isTrue();
        assertThat(params.path("do_remote_decode").booleanValue()).isFalse();
        // 20 words and the chat template of 4 tokens.
        int prompt = answer.path("usage").path("prompt_tokens").asInt();
        assertThat(params.path("remote_block_ids").path(0)).hasSize((prompt + 15) / 16);
        assertThat(params.path("remote_engine_id").asText())
                .isEqualTo(prefill.transfers().engineId());
        assertThat(params.path("remote_host").asText()).isEqualTo("127.0.0.1");
        assertThat(params.path("remote_port").asInt())
                .isEqualTo(prefill.transferPort())
                .isNotEqualTo(prefill.port());
        assertThat(params.path("tp_size").asInt()).isEqualTo(1);
        assertThat(prefill.transfers().pinnedBlocks()).isEqualTo((prompt + 15) / 16);
    }

    @Test
    void decodeReadsTheBlocksAndFreesThem() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);

        JsonNode answer = decode(decode, prefill(prefill).path("kv_transfer_params"));

        int prompt = answer.path("usage").path("prompt_tokens").asInt();
        assertThat(answer.path("usage")
                        .path("prompt_tokens_details")
                        .path("cached_tokens")
                        .asInt())
                .isEqualTo(prompt - 1);
        assertThat(prefill.transfers().pinnedBlocks()).isZero();
        assertThat(prefill.transfers().transfers()).isEqualTo(1);
        assertThat(prefill.transfers().transferredBytes()).isEqualTo(1000L * prompt);
        assertThat(decode.transfers().loads()).isEqualTo(1);
        assertThat(prefill.snapshot().isIdle()).isTrue();
        assertThat(metric(prefill, "sim:kv_transfers_total")).isEqualTo(1);
        assertThat(metric(prefill, "sim:kv_pinned_blocks")).isZero();
        assertThat(metric(decode, "vllm:external_prefix_cache_hits_total")).isEqualTo(prompt - 1);
    }

    @Test
    void theAnswerIsThatOfAServerThatDoesEverything() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        SimulatedModelServer alone = servers.start();

        JsonNode split = decode(decode, prefill(prefill).path("kv_transfer_params"));
        JsonNode whole = ServerFixture.json(servers.post(alone, CHAT, chat("")));

        assertThat(split.path("choices")).isEqualTo(whole.path("choices"));
        assertThat(whole.has("kv_transfer_params")).isFalse();
    }

    @Test
    void blocksHaveOneConsumer() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer first = servers.start(EndpointRole.DECODE, FAST);
        SimulatedModelServer second = servers.start(EndpointRole.DECODE, FAST);
        JsonNode params = prefill(prefill).path("kv_transfer_params");
        decode(first, params);

        JsonNode answer = decode(second, params);

        assertThat(answer.path("usage").has("prompt_tokens_details")).isFalse();
        assertThat(second.transfers().failedLoads()).isEqualTo(1);
        assertThat(prefill.transfers().secondReads()).isEqualTo(1);
    }

    @Test
    void blocksNobodyReadsAreFreedWhenTheLeaseRunsOut() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST.withLease(Duration.ofMillis(30)));
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        JsonNode params = prefill(prefill).path("kv_transfer_params");
        ServerFixture.awaitTransfers(prefill, transfers -> transfers.pinnedBlocks() == 0);

        JsonNode answer = decode(decode, params);

        assertThat(answer.path("usage").has("prompt_tokens_details")).isFalse();
        assertThat(prefill.transfers().expiredLeases()).isEqualTo(1);
        assertThat(prefill.transfers().expiredReads()).isEqualTo(1);
        assertThat(prefill.snapshot().isIdle()).isTrue();
    }

    @Test
    void aPrefillServerThatDiesDuringTheTransferIsNoticed() throws Exception {
        SimulatedModelServer prefill =
                servers.start(EndpointRole.PREFILL, FAST.withCost(ENDLESS).withLease(Duration.ofMinutes(20)));
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        CompletableFuture<HttpResponse<String>> decoding =
                decodeAsync(decode, prefill(prefill).path("kv_transfer_params"));
        ServerFixture.await(prefill, snapshot -> snapshot.openConnections() >= 2);

        prefill.crash();
        JsonNode answer = ServerFixture.json(decoding.get(20, TimeUnit.SECONDS));

        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(5);
        assertThat(answer.path("usage").has("prompt_tokens_details")).isFalse();
        assertThat(decode.transfers().failedLoads()).isEqualTo(1);
    }

    @Test
    void aPrefillServerThatFreezesIsWaitedForNoLongerThanToldTo() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer decode =
                servers.start(EndpointRole.DECODE, FAST.withTimeouts(Duration.ofMillis(50), Duration.ofMillis(50)));
        JsonNode params = prefill(prefill).path("kv_transfer_params");

        prefill.hang(Duration.ofMinutes(10));
        JsonNode answer = decode(decode, params);

        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(5);
        assertThat(decode.transfers().failedLoads()).isEqualTo(1);
    }

    @Test
    void aTransferThatFailsLeavesTheBlocksToTheLease() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        JsonNode params = prefill(prefill).path("kv_transfer_params");
        prefill.failNextTransfers(1);

        decode(decode, params);

        assertThat(decode.transfers().failedLoads()).isEqualTo(1);
        assertThat(prefill.transfers().pinnedSets()).isEqualTo(1);
    }

    @Test
    void aRestartedPrefillServerDoesNotKnowOlderParameters() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        JsonNode params = prefill(prefill).path("kv_transfer_params");
        int port = prefill.transferPort();

        prefill.restart();
        decode(decode, params);

        assertThat(prefill.transferPort()).isEqualTo(port);
        assertThat(prefill.transfers().foreignReads()).isEqualTo(1);
        assertThat(decode.transfers().failedLoads()).isEqualTo(1);
    }

    @Test
    void blocksOfAnotherPromptAreRefused() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        JsonNode params = prefill(prefill).path("kv_transfer_params");

        servers.post(decode, CHAT, ServerFixture.chat("another prompt", ",\"kv_transfer_params\":" + params));

        assertThat(prefill.transfers().mismatches()).isEqualTo(1);
        assertThat(decode.transfers().failedLoads()).isEqualTo(1);
        assertThat(prefill.transfers().pinnedSets()).isEqualTo(1);
    }

    @Test
    void aClientThatLeavesDuringPrefillLeavesNothingBehind() throws Exception {
        SimulatedModelServer prefill = servers.start(
                options -> options.role(EndpointRole.PREFILL).transfers(FAST).latency(LatencyProfiles.of("8b-h100")));
        prefill.slow(1000);
        try (RawConnection client = new RawConnection(prefill)) {
            client.post(CHAT, chat(",\"max_tokens\":1,\"kv_transfer_params\":" + SKELETON));
            ServerFixture.await(prefill, snapshot -> snapshot.runningSequences() == 1);
        }

        ServerFixture.await(prefill, ServerSnapshot::isIdle);
        assertThat(prefill.transfers().pinnedSets()).isZero();
        assertThat(prefill.transfers().expiredLeases()).isZero();
    }

    @Test
    void aClientThatLeavesDuringTheTransferLeavesTheBlocksToTheLease() throws Exception {
        SimulatedModelServer prefill =
                servers.start(EndpointRole.PREFILL, FAST.withCost(ENDLESS).withLease(Duration.ofMinutes(20)));
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);
        JsonNode params = prefill(prefill).path("kv_transfer_params");
        try (RawConnection client = new RawConnection(decode)) {
            client.post(CHAT, chat(",\"kv_transfer_params\":" + params));
            ServerFixture.await(prefill, snapshot -> snapshot.openConnections() >= 2);
            assertThat(decode.snapshot().waitingSequences()).isEqualTo(1);
        }

        ServerFixture.await(decode, ServerSnapshot::isIdle);
        assertThat(prefill.transfers().pinnedSets()).isEqualTo(1);
    }

    @Test
    void eachChoiceKeepsBlocksAndOneSetIsAnnounced() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);

        JsonNode answer = ServerFixture.json(
                servers.post(prefill, CHAT, chat(",\"n\":3,\"max_tokens\":1,\"kv_transfer_params\":" + SKELETON)));

        assertThat(answer.path("kv_transfer_params").path("remote_block_ids")).hasSize(1);
        assertThat(prefill.transfers().pinnedSets()).isEqualTo(3);
    }

    @Test
    void parametersThatNameNoBlocksAreCountedAndComputed() throws Exception {
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);

        for (String params : new String[] {
            "{\"do_remote_prefill\":true}",
            "{\"do_remote_prefill\":true,\"remote_block_ids\":[[1]],\"remote_host\":\"127.0.0.1\",\"remote_port\":99999,"
                    + "\"remote_engine_id\":\"e\",\"remote_request_id\":\"r\"}"
        }) {
            HttpResponse<String> answer = servers.post(decode, CHAT, chat(",\"kv_transfer_params\":" + params));
            assertThat(answer.statusCode()).isEqualTo(200);
        }

        assertThat(decode.transfers().malformedParameters()).isEqualTo(2);
        assertThat(decode.transfers().failedLoads()).isZero();
    }

    @Test
    void connectsNowhereButToThisMachine() throws Exception {
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);

        HttpResponse<String> answer = servers.post(
                decode,
                CHAT,
                chat(",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"remote_block_ids\":[[1]],"
                        + "\"remote_host\":\"192.0.2.1\",\"remote_port\":80,\"remote_engine_id\":\"e\","
                        + "\"remote_request_id\":\"r\"}"));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(decode.transfers().failedLoads()).isEqualTo(1);
    }

    @Test
    void aServerWithoutARoleHasNoConnector() throws Exception {
        SimulatedModelServer alone = servers.start();

        JsonNode answer = ServerFixture.json(
                servers.post(alone, CHAT, chat(",\"max_tokens\":1,\"kv_transfer_params\":" + SKELETON)));

        assertThat(answer.has("kv_transfer_params")).isFalse();
        assertThat(alone.snapshot().isIdle()).isTrue();
        assertThat(alone.transferPort()).isZero();
        assertThat(servers.get(alone, "/query").statusCode()).isEqualTo(404);
        assertThat(servers.get(alone, "/metrics").body()).doesNotContain("sim:");
    }

    private JsonNode prefill(SimulatedModelServer server) throws IOException, InterruptedException {
        return ServerFixture.json(
                servers.post(server, CHAT, chat(",\"max_tokens\":1,\"kv_transfer_params\":" + SKELETON)));
    }

    private JsonNode decode(SimulatedModelServer server, JsonNode params) throws IOException, InterruptedException {
        return ServerFixture.json(servers.post(server, CHAT, decodeBody(params)));
    }

    private CompletableFuture<HttpResponse<String>> decodeAsync(SimulatedModelServer server, JsonNode params) {
        return servers.postAsync(server, CHAT, decodeBody(params));
    }

    private static String decodeBody(JsonNode params) {
        assertThat(params).isInstanceOf(ObjectNode.class);
        return chat(",\"kv_transfer_params\":" + params);
    }

    private static String chat(String more) {
        String tokens = more.contains("max_tokens") ? "" : ",\"max_tokens\":5,\"ignore_eos\":true";
        return ServerFixture.chat(PROMPT, ",\"temperature\":0" + tokens + more);
    }

    private double metric(SimulatedModelServer server, String name) throws IOException, InterruptedException {
        return servers.get(server, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }
}
