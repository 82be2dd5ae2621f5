package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.TransferCost;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SGLang: both legs get the same body, and meet in a room. */
class BootstrapTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final TransferOptions FAST = TransferOptions.DEFAULTS.withCost(new TransferCost(0, 1000, 1e15));

    private final ServerFixture servers = new ServerFixture();
    private final SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, FAST);
    private final SimulatedModelServer decode = servers.start(EndpointRole.DECODE, FAST);

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void bothLegsMeetWhicheverComesFirst() throws Exception {
        CompletableFuture<HttpResponse<String>> decoding = servers.postAsync(decode, CHAT, body(7, ""));
        ServerFixture.await(prefill, snapshot -> snapshot.openConnections() >= 1);
        CompletableFuture<HttpResponse<String>> prefilling = servers.postAsync(prefill, CHAT, body(7, ""));

        JsonNode answer = ServerFixture.json(decoding.get(20, TimeUnit.SECONDS));
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(5);
        int prompt = answer.path("usage").path("prompt_tokens").asInt();
        assertThat(answer.path("usage")
                        .path("prompt_tokens_details")
                        .path("cached_tokens")
                        .asInt())
                .isEqualTo(prompt - 1);
        JsonNode other = ServerFixture.json(prefilling.get(20, TimeUnit.SECONDS));
        assertThat(other.path("usage").path("completion_tokens").asInt()).isEqualTo(1);

        prefilling = servers.postAsync(prefill, CHAT, body(8, ""));
        ServerFixture.awaitTransfers(prefill, transfers -> transfers.pinnedSets() == 1);
        assertThat(prefilling).isNotDone();
        servers.post(decode, CHAT, body(8, ""));
        assertThat(prefilling.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        ServerFixture.await(prefill, ServerSnapshot::isIdle);
    }

    @Test
    void streamsBothLegs() throws Exception {
        CompletableFuture<HttpResponse<String>> prefilling =
                servers.postAsync(prefill, CHAT, body(7, ",\"stream\":true"));

        HttpResponse<String> answer = servers.post(decode, CHAT, body(7, ",\"stream\":true"));

        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        assertThat(prefilling.get(20, TimeUnit.SECONDS).body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    void decodeWaitsForPrefillNoLongerThanToldTo() throws Exception {
        SimulatedModelServer impatient =
                servers.start(EndpointRole.DECODE, FAST.withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(20)));

        HttpResponse<String> answer = servers.post(impatient, CHAT, body(7, ""));

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("room/7: KV transfer failed: 404 UNKNOWN");
        ServerFixture.await(impatient, ServerSnapshot::isIdle);
    }

    @Test
    void prefillFailsWhenNobodyComes() throws Exception {
        SimulatedModelServer shortLease = servers.start(EndpointRole.PREFILL, FAST.withLease(Duration.ofMillis(20)));

        HttpResponse<String> answer = servers.post(shortLease, CHAT, body(7, ""));

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("nobody came for the blocks");
        ServerFixture.await(shortLease, ServerSnapshot::isIdle);
    }

    @Test
    void aRoomIsUsedOnce() throws Exception {
        CompletableFuture<HttpResponse<String>> prefilling = servers.postAsync(prefill, CHAT, body(7, ""));
        servers.post(decode, CHAT, body(7, ""));
        prefilling.get(20, TimeUnit.SECONDS);

        HttpResponse<String> again = servers.post(prefill, CHAT, body(7, ""));
        HttpResponse<String> andAgain = servers.post(decode, CHAT, body(7, ""));

        assertThat(again.statusCode()).isEqualTo(400);
        assertThat(prefill.transfers().reusedRooms()).isEqualTo(1);
        assertThat(andAgain.statusCode()).isEqualTo(500);
        assertThat(prefill.transfers().secondReads()).isEqualTo(1);
    }

    @Test
    void aPrefillLegThatIsCancelledFreesItsBlocksAndFailsTheOther() throws Exception {
        try (RawConnection client = new RawConnection(prefill)) {
            client.post(CHAT, body(7, ""));
            ServerFixture.awaitTransfers(prefill, transfers -> transfers.pinnedSets() == 1);
        }
        ServerFixture.awaitTransfers(prefill, transfers -> transfers.pinnedSets() == 0);

        assertThat(servers.post(decode, CHAT, body(7, "")).statusCode()).isEqualTo(500);
        ServerFixture.await(prefill, ServerSnapshot::isIdle);
        assertThat(prefill.transfers().expiredLeases()).isZero();
    }

    @Test
    void aDecodeLegThatIsCancelledStopsWaiting() throws Exception {
        try (RawConnection client = new RawConnection(decode)) {
            client.post(CHAT, body(7, ""));
            ServerFixture.await(prefill, snapshot -> snapshot.openConnections() == 1);
            assertThat(decode.snapshot().waitingSequences()).isEqualTo(1);
        }

        ServerFixture.await(decode, ServerSnapshot::isIdle);
        ServerFixture.await(prefill, snapshot -> snapshot.openConnections() == 0);
    }

    @Test
    void aBatchHasARoomForEachPrompt() throws Exception {
        int port = prefill.transferPort();
        String batch = "{\"prompt\":[\"a b\",\"c d\"],\"max_tokens\":4,\"ignore_eos\":true,"
                + "\"bootstrap_host\":[\"127.0.0.1\",\"127.0.0.1\"],\"bootstrap_port\":[" + port + "," + port + "],"
                + "\"bootstrap_room\":[90001,77]}";
        CompletableFuture<HttpResponse<String>> prefilling = servers.postAsync(prefill, "/v1/completions", batch);

        JsonNode answer = ServerFixture.json(servers.post(decode, "/v1/completions", batch));

        assertThat(answer.path("choices")).hasSize(2);
        assertThat(prefilling.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(prefill.transfers().transfers()).isEqualTo(2);
        HttpResponse<String> uneven = servers.post(decode, "/v1/completions", batch.replace("[90001,77]", "[90001]"));
        assertThat(uneven.statusCode()).isEqualTo(400);
        assertThat(uneven.body()).contains("bootstrap_room: 1 entries (expected: one for each of 2 prompts)");
    }

    private String body(long room, String more) {
        return ServerFixture.chat(
                "a chat of some words",
                ",\"max_tokens\":5,\"ignore_eos\":true,\"bootstrap_host\":\"127.0.0.1\",\"bootstrap_port\":"
                        + prefill.transferPort() + ",\"bootstrap_room\":" + room + more);
    }
}
