package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.request.InferenceRequest;
import io.bactrian.simulator.ReceivedRequest;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the router decides on is what the model server reads. */
class BodiesJourneyTest {
    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .build())
            .build();

    private static HttpAnswer ask(String body) {
        return RawClient.exchange(ROUTER.port(), Requests.post(body));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"demo\",\"model\":\"demo\",",
                "{\"model\":\"demo\",\"mod\\u0065l\":\"other\",",
                "{\"model\":\"demo\",\"stream\":true,\"stream\":false,",
                "{\"model\":\"demo\",\"max_tokens\":1,\"max_tokens\":1000000,",
                "{\"model\":\"demo\",\"max_completion_tokens\":1,\"max_completion_tokens\":2,",
                "{\"model\":\"demo\",\"stream\":true,\"stream_options\":{},\"stream_options\":{},",
                "{\"model\":\"demo\",\"stream\":true,\"stream_options\":{\"include_usage\":true,\"include_usage\":false},",
                "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],",
            })
    void refusesAMemberThatIsGivenTwice(String head) {
        HttpAnswer answer = ask(head + MESSAGES + "}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("given twice");
        assertThat(ROUTER.received()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"demo\",\"stream\":false,\"max_tokens\":3,",
                " \n\t{ \"max_tokens\" : 3 , \"stream\" : true , \"model\" : \"demo\" , ",
                "{\"mod\\u0065l\":\"d\\u0065mo\",\"stre\\u0061m\":true,\"max_tokens\":7,",
                "{\"model\":\"demo\",\"metadata\":{\"model\":\"other\",\"stream\":true,\"max_tokens\":99},\"max_tokens\":2,",
                "{\"model\":\"demo\",\"max_tokens\":5,\"max_completion_tokens\":4,",
                "{\"model\":\"demo\",\"stream\":null,\"max_tokens\":null,",
                "{\"model\":\"demo\",\"MODEL\":\"other\",\"Stream\":true,\"max_tokens\":2,",
            })
    void decidesOnWhatTheModelServerReads(String head) throws IOException {
        HttpAnswer answer = ask(head + MESSAGES + "}");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        InferenceRequest decided = ROUTER.awaitRecords(1).get(0).request();
        ReceivedRequest received = ROUTER.received().get(0);
        JsonNode read = new ObjectMapper().readTree(received.body());
        assertThat(decided.model()).isEqualTo(read.path("model").asText());
        assertThat(decided.stream()).isEqualTo(read.path("stream").asBoolean());
        JsonNode limit = read.path("max_completion_tokens").isNumber()
                ? read.path("max_completion_tokens")
                : read.path("max_tokens");
        assertThat(decided.maxOutputTokens().orElse(0)).isEqualTo(limit.asInt());
        assertThat(answer.header("content-type"))
                .hasValueSatisfying(
                        type -> assertThat(type.startsWith("text/event-stream")).isEqualTo(decided.stream()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"kv_transfer_params\":{\"remote_host\":\"10.0.0.1\"},",
                "\"bootstrap_host\":\"10.0.0.1\",",
                "\"bootstrap_port\":1,",
                "\"bootstrap_room\":1,"
            })
    void refusesToBeToldWhereBlocksMove(String member) {
        HttpAnswer answer = ask(Requests.chat("demo", 1, false, member));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(ROUTER.received()).isEmpty();
    }

    @Test
    void readsABodyThatIsTooLongForAnEventLoop() {
        String long400k = Requests.chat("demo", 1, false).replace("Say it again", "word ".repeat(80_000));
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            assertThat(client.send(Requests.post(long400k)).read().status()).isEqualTo(200);
            assertThat(client.send(Requests.post(long400k + "}")).read().status())
                    .isEqualTo(400);
        }
        assertThat(ROUTER.received()).singleElement().satisfies(received -> assertThat(received.bodyText())
                .isEqualTo(long400k));
    }

    @Test
    void forgetsALongBodyWhoseClientLeavesWhileItIsRead() {
        String long400k = Requests.chat("demo", 1, true).replace("Say it again", "word ".repeat(200_000));
        for (int i = 0; i < 5; i++) {
            try (RawClient client = RawClient.connect(ROUTER.port())) {
                client.send(Requests.post(long400k));
                client.reset();
            }
        }
        ROUTER.awaitQuiet();
    }
}
