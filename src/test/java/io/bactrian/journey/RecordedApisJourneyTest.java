package io.bactrian.journey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.api.TokenUsage;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.RouterFixture;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the official clients send, through the sockets and back. */
class RecordedApisJourneyTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final RawModelServer SERVER = new RawModelServer(connection -> false);

    @RegisterExtension
    static final RouterFixture ROUTER =
            RouterFixture.builder().raw("asked-model", SERVER).build();

    static List<RecordedApis.Request> requests() {
        return RecordedApis.requests();
    }

    @BeforeEach
    void forget() {
        SERVER.clear();
    }

    @ParameterizedTest
    @MethodSource("requests")
    void forwardsAndAnswersByteByByte(RecordedApis.Request recorded) throws IOException {
        byte[] answer = recorded.answer();
        String type = recorded.streams() ? "text/event-stream" : "application/json";
        SERVER.answerWith(connection -> {
            connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + answer.length + "\r\n\r\n");
            for (byte one : answer) {
                connection.send(new byte[] {one}); // in as many pieces as there can be
            }
            return true;
        });

        HttpAnswer got = RawClient.exchange(ROUTER.port(), recorded.wire());

        assertThat(got.status()).isEqualTo(200);
        String request = SERVER.requests().get(0);
        assertThat(request).startsWith("POST " + recorded.head().split(" ", 3)[1] + " HTTP/1.1");
        byte[] forwarded = request.substring(request.indexOf("\r\n\r\n") + 4).getBytes(ISO_8859_1);
        boolean usageAdded = recorded.streams()
                && recorded.path().endsWith("completions")
                && !recorded.name().endsWith("usage");
        if (usageAdded) {
            ObjectNode expected = (ObjectNode) MAPPER.readTree(recorded.body());
            expected.putObject("stream_options").put("include_usage", true);
            assertThat(MAPPER.readTree(forwarded)).isEqualTo(expected);
            assertThat(got.text()).isEqualTo(withoutUsageEvent(new String(answer, UTF_8)));
        } else {
            assertThat(forwarded).isEqualTo(recorded.body());
            assertThat(got.text()).isEqualTo(new String(answer, UTF_8));
        }
        TokenUsage usage = Objects.requireNonNull(ROUTER.awaitRecords(1).get(0).usage());
        @Nullable TokenUsage expected = usage(new String(answer, UTF_8));
        if (expected != null) {
            assertThat(usage).isEqualTo(expected);
        } else {
            assertThat(usage.estimated()).isTrue();
        }
    }

    private static String withoutUsageEvent(String events) {
        return events.replaceFirst("data: [^\n]*\"choices\": ?\\[\\][^\n]*\n\n", "");
    }

    /** Reads the usage as the tree of the last event, or of the whole body, tells it. */
    private static @Nullable TokenUsage usage(String answer) throws IOException {
        int prompt = 0;
        int completion = 0;
        int cached = -1;
        boolean found = false;
        for (String line : answer.split("\n", -1)) {
            String json = line.replaceFirst("^data: ", "");
            if (!json.startsWith("{")) {
                continue;
            }
            JsonNode tree = MAPPER.readTree(json);
            for (JsonNode usage : List.of(
                    tree.path("usage"),
                    tree.at("/response/usage"),
                    tree.at("/message/usage"),
                    tree.path("meta_info"))) {
                found |= usage.isObject();
                int input = usage.path("prompt_tokens")
                                .asInt(usage.path("input_tokens").asInt())
                        + usage.path("cache_read_input_tokens").asInt()
                        + usage.path("cache_creation_input_tokens").asInt();
                prompt = Math.max(prompt, input);
                completion = Math.max(
                        completion,
                        usage.path("completion_tokens")
                                .asInt(usage.path("output_tokens").asInt()));
                for (String place : List.of(
                        "/prompt_tokens_details/cached_tokens",
                        "/input_tokens_details/cached_tokens",
                        "/cache_read_input_tokens",
                        "/cached_tokens")) {
                    cached = Math.max(cached, usage.at(place).asInt(-1));
                }
            }
        }
        return found
                ? new TokenUsage(
                        prompt,
                        completion,
                        cached < 0 ? OptionalInt.empty() : OptionalInt.of(cached),
                        prompt + completion,
                        false)
                : null;
    }
}
