package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Model servers keep responses, each its own: who comes back to one by its id is sent to the server that has it. */
class ConversationJourneyTest {
    private static final int ROUNDS = 20;
    private static final Pattern GIVEN = Pattern.compile("\"id\":\"([^\"]+)\"");
    private static final Pattern WANTED = Pattern.compile(
            "\"(?:previous_response_id|conversation)\":\"([^\"]+)\"|/v1/(?:responses|conversations)/([^/ ]+)");

    private static final RawModelServer ONE = new RawModelServer(new Keeper());
    private static final RawModelServer OTHER = new RawModelServer(new Keeper());

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .closing(ONE)
            .closing(OTHER)
            .property("bactrian.pools.demo.models", "demo")
            .property("bactrian.pools.demo.endpoints", "127.0.0.1:" + ONE.port() + ",127.0.0.1:" + OTHER.port())
            .property("bactrian.pools.demo.allow-experimental-plugins", "true")
            .property(
                    "bactrian.pools.demo.scheduling-file",
                    AtomicFile.create("""
                            apiVersion: llm-d.ai/v1alpha1
                            kind: EndpointPickerConfig
                            plugins:
                            - type: session-affinity-filter
                              parameters:
                                strategy: session_id
                                sessionIdConfig: {sources: [{attribute: ConversationDataKey}]}
                            - type: random-picker
                            schedulingProfiles:
                            - {name: default, plugins: [{pluginRef: session-affinity-filter}, {pluginRef: random-picker}]}
                            """).toString())
            .build();

    /** Answers 404 for what it does not keep. */
    private static final class Keeper implements RawModelServer.Script {
        private static final AtomicInteger COUNT = new AtomicInteger();

        private final Set<String> kept = ConcurrentHashMap.newKeySet();

        @Override
        public boolean answer(RawModelServer.Connection connection) throws java.io.IOException {
            String request = connection.request();
            Matcher wanted = WANTED.matcher(request);
            if (wanted.find() && !kept.contains(wanted.group(1) == null ? wanted.group(2) : wanted.group(1))) {
                connection.send(SplitPool.json(404, "{}"));
                return true;
            }
            String id = "resp_" + COUNT.incrementAndGet();
            kept.add(id);
            if (request.contains("\"stream\":true")) {
                String events =
                        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"" + id
                                + "\",\"object\":\"response\"}}\n\nevent: response.completed\n"
                                + "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"" + id + "\"}}\n\n";
                connection.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < events.length(); i++) {
                    connection.send("1\r\n" + events.charAt(i) + "\r\n");
                }
                connection.send("0\r\n\r\n");
            } else {
                connection.send(SplitPool.json(
                        200,
                        "{\"metadata\":{\"id\":\"resp_another\"},\"id\":\"" + id
                                + "\",\"output\":[{\"id\":\"msg_1\"}]}"));
            }
            return true;
        }
    }

    private static HttpAnswer post(String path, String members) {
        return RawClient.exchange(ROUTER.port(), Requests.postTo(path, "{\"model\":\"demo\"," + members + "}"));
    }

    private static String idOf(HttpAnswer answer) {
        assertThat(answer.status()).isEqualTo(200);
        Matcher id = GIVEN.matcher(answer.text().replace("\"metadata\":{\"id\":\"resp_another\"},", ""));
        assertThat(id.find()).as(answer.text()).isTrue();
        return id.group(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "true"})
    void aChainOfResponsesStaysWhereItBegan(String stream) {
        String members = "\"input\":\"Hi\",\"stream\":" + stream;
        for (int chain = 0; chain < ROUNDS; chain++) {
            String id = idOf(post("/v1/responses", members));
            for (int turn = 0; turn < 3; turn++) {
                id = idOf(post("/v1/responses", members + ",\"previous_response_id\":\"" + id + "\""));
            }
        }
        assertThat(List.of(ONE, OTHER))
                .as("chance alone would have gone to both")
                .allSatisfy(server -> assertThat(server.requests()).isNotEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /v1/responses/%s", "DELETE /v1/responses/%s", "POST /v1/responses/%s/cancel"})
    void aResponseIsAskedForWhereItIsKept(String line) {
        for (int i = 0; i < ROUNDS; i++) {
            String id = idOf(post("/v1/responses", "\"input\":\"Hi\""));

            HttpAnswer answer = RawClient.exchange(
                    ROUTER.port(), Requests.head(line.formatted(id) + " HTTP/1.1") + "Content-Length: 0\r\n\r\n");

            assertThat(answer.status()).as(line + " " + id).isEqualTo(200);
        }
    }

    @Test
    void aConversationGoesOnWhereItWasMade() {
        for (int i = 0; i < ROUNDS; i++) {
            String id = idOf(post("/v1/conversations", "\"items\":[{\"role\":\"user\",\"content\":\"Hi\"}]"));

            assertThat(post("/v1/responses", "\"input\":\"Hi\",\"conversation\":\"" + id + "\"")
                            .status())
                    .isEqualTo(200);
        }
    }
}
