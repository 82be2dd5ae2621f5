package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.endpoint.EndpointRole;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An encoder encodes media for a server that computes the prompt. */
class EncoderTest {
    private static final String CHAT = "/v1/chat/completions";

    private final ServerFixture servers = new ServerFixture();
    private final SimulatedModelServer encode = servers.start(EndpointRole.ENCODE, TransferOptions.DEFAULTS);
    private final SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL, TransferOptions.DEFAULTS);

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void anEncoderSaysWhereTheEncodedItemsAre() throws Exception {
        JsonNode answer = ServerFixture.json(servers.post(encode, CHAT, chat("", "a", "b", "a")));

        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(1);
        JsonNode params = answer.path("ec_transfer_params");
        assertThat(params).hasSize(2);
        assertThat(params.iterator().next().path("peer_port").asInt()).isEqualTo(encode.transferPort());
        assertThat(encode.transfers().encodedItems()).isEqualTo(2);
    }

    @Test
    void whatIsEncodedIsFetched() throws Exception {
        JsonNode params = ServerFixture.json(servers.post(encode, CHAT, chat("", "a", "b")))
                .path("ec_transfer_params");

        HttpResponse<String> answer = servers.post(prefill, CHAT, chat(",\"ec_transfer_params\":" + params, "a", "b"));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(prefill.transfers().encoderReads()).isEqualTo(2);
        assertThat(prefill.transfers().encodedItems()).isZero();
    }

    @Test
    void whatAnEncoderHasLostIsEncodedAgain() throws Exception {
        JsonNode params =
                ServerFixture.json(servers.post(encode, CHAT, chat("", "a"))).path("ec_transfer_params");
        encode.restart();

        servers.post(prefill, CHAT, chat(",\"ec_transfer_params\":" + params, "a"));

        assertThat(prefill.transfers().encoderMisses()).isEqualTo(1);
        assertThat(prefill.transfers().encodedItems()).isEqualTo(1);
    }

    @Test
    void withoutAnEncoderTheServerEncodesItself() throws Exception {
        servers.post(prefill, CHAT, chat("", "a"));

        assertThat(prefill.transfers().encodedItems()).isEqualTo(1);
    }

    private static String chat(String more, String... images) {
        StringBuilder parts = new StringBuilder("{\"type\":\"text\",\"text\":\"look\"}");
        for (String image : images) {
            parts.append(",{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.org/")
                    .append(image)
                    .append(".png\"}}");
        }
        return "{\"messages\":[{\"role\":\"user\",\"content\":[" + parts + "]}],\"max_tokens\":1" + more + "}";
    }
}
