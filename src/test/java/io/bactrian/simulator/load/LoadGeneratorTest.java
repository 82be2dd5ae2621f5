package io.bactrian.simulator.load;

import static io.bactrian.simulator.load.fixture.ScriptedServer.beginEvents;
import static io.bactrian.simulator.load.fixture.ScriptedServer.event;
import static io.bactrian.simulator.load.fixture.ScriptedServer.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import io.bactrian.simulator.load.fixture.ScriptedServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadGeneratorTest {
    private static final String TOKEN = "{\"choices\":[{\"delta\":{\"content\":\"tok \"}}]}";
    private static final String USAGE = "{\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":6,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":16}}}";
    private static final RequestShape CHAT_STREAM = new RequestShape(RequestShape.Api.CHAT, "demo", true, true, true);

    @Test
    void countsEventsGapsAndTokensOfAStream() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            exchange.getResponseHeaders().set("x-bactrian-endpoint", "endpoint-3");
            OutputStream events = beginEvents(exchange);
            event(events, "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
            for (int i = 0; i < 5; i++) {
                event(events, TOKEN);
            }
            event(events, USAGE);
            event(events, "[DONE]");
            events.close();
        })) {
            Measurement measurement = run(server.url(), CHAT_STREAM, requests(1, 0));

            RequestResult result = measurement.results().get(0);
            assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(result.status()).isEqualTo(200);
            assertThat(result.endpoint()).isEqualTo("endpoint-3");
            assertThat(result.textEvents()).isEqualTo(5);
            assertThat(result.usage()).isEqualTo(new TokenUsage(20, 16, 6));
            assertThat(result.outputTokens()).isEqualTo(6);
            assertThat(measurement.gaps().getTotalCount()).isEqualTo(4);
            assertThat(result.ttft()).isLessThanOrEqualTo(result.lastText());
            assertThat(result.lastText()).isLessThanOrEqualTo(result.endToEnd());
        }
    }

    @Test
    void measuresTheFirstTextAndTheGapsNotTheHeaders() throws Exception {
        long firstNanos = TimeUnit.MILLISECONDS.toNanos(150);
        long gapNanos = TimeUnit.MILLISECONDS.toNanos(30);
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            OutputStream events = beginEvents(exchange);
            event(events, "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
            await(firstNanos);
            event(events, TOKEN);
            for (int i = 0; i < 3; i++) {
                await(gapNanos);
                event(events, TOKEN);
            }
            event(events, "[DONE]");
            events.close();
        })) {
            RequestResult result =
                    run(server.url(), CHAT_STREAM, requests(1, 0)).results().get(0);

            assertThat(result.ttft()).isBetween(Duration.ofMillis(150), Duration.ofSeconds(5));
            Duration text = Objects.requireNonNull(result.lastText()).minus(Objects.requireNonNull(result.ttft()));
            // The first event may be read late by as much as the machine is busy: the bound leaves one gap to that.
            assertThat(text).isBetween(Duration.ofMillis(60), Duration.ofSeconds(5));
            assertThat(result.meanItl()).isEqualTo(text.dividedBy(3));
            assertThat(result.tpot())
                    .isEqualTo(result.endToEnd()
                            .minus(Objects.requireNonNull(result.ttft()))
                            .dividedBy(3));
        }
    }

    @Test
    void sendsOnWhileTheServerStallsAndCountsTheWaiting() throws Exception {
        int count = 20;
        Duration gap = Duration.ofMillis(25);
        CountDownLatch allArrived = new CountDownLatch(count);
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            allArrived.countDown();
            // A sender that waited for answers would never bring the last request.
            allArrived.await(30, TimeUnit.SECONDS);
            completeStream(exchange);
        })) {
            Measurement measurement = run(server.url(), CHAT_STREAM, requests(count, gap.toMillis()));

            assertThat(measurement.results()).extracting(RequestResult::outcome).containsOnly(Outcome.COMPLETED);
            // Request i was due (count - 1 - i) gaps before the stall could end: each must show its share of it.
            for (RequestResult result : measurement.results()) {
                Duration stalled = gap.multipliedBy(count - 1 - result.index());
                assertThat(result.ttft()).isGreaterThanOrEqualTo(stalled);
                assertThat(result.endToEnd()).isGreaterThanOrEqualTo(stalled);
            }
        }
    }

    @Test
    void countsFromWhenARequestWasDueNotFromWhenTheSenderGotToIt() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> completeStream(exchange))) {
            // The observer holds the event loop, so the second request is taken up late.
            Duration hold = Duration.ofMillis(200);
            Measurement measurement = new LoadGenerator(target(server.url()), CHAT_STREAM, 1, Duration.ZERO)
                    .run(
                            new Workload(
                                    "held",
                                    List.of(
                                            request(0),
                                            request(Duration.ofMillis(400).toMillis()))),
                            result -> {
                                if (result.index() == 0) {
                                    await(Duration.ofMillis(400).toNanos() + hold.toNanos());
                                }
                            });

            RequestResult second = measurement.results().get(1);
            assertThat(second.lateness()).isGreaterThanOrEqualTo(hold);
            assertThat(second.ttft()).isGreaterThanOrEqualTo(second.lateness());
        }
    }

    @Test
    void aStreamCutBeforeItsEndMarkIsAnError() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            OutputStream events = beginEvents(exchange);
            event(events, TOKEN);
            if (number == 0) {
                events.close(); // a clean end of the transfer, but no [DONE]
            }
        })) {
            assertThat(outcomes(run(server.url(), CHAT_STREAM, requests(2, 0))))
                    .containsExactly(Outcome.CUT, Outcome.CUT);
        }
    }

    @Test
    void anErrorEventIsAnErrorEvenBeforeAnEndMark() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            OutputStream events = beginEvents(exchange);
            event(events, TOKEN);
            event(events, "{\"error\":{\"message\":\"upstream died\"}}");
            event(events, "[DONE]");
            events.close();
        })) {
            assertThat(outcomes(run(server.url(), CHAT_STREAM, requests(1, 0)))).containsExactly(Outcome.ERROR_EVENT);
        }
    }

    @Test
    void tellsSheddingFromFailing() throws Exception {
        int[] statuses = {429, 503, 500, 404};
        try (ScriptedServer server =
                new ScriptedServer((exchange, number) -> whole(exchange, statuses[number], "{\"error\":{}}"))) {
            assertThat(outcomes(run(server.url(), CHAT_STREAM, requests(4, 50))))
                    .containsExactlyInAnyOrder(Outcome.SHED, Outcome.SHED, Outcome.STATUS, Outcome.STATUS);
        }
    }

    @Test
    void aServerThatIsNotThereIsAConnectError() throws Exception {
        int unused;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        assertThat(outcomes(run(URI.create("http://127.0.0.1:" + unused), CHAT_STREAM, requests(1, 0))))
                .containsExactly(Outcome.CONNECT);
    }

    @Test
    void anAnswerThatNeverEndsTimesOut() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            OutputStream events = beginEvents(exchange);
            event(events, TOKEN);
            over.await();
        })) {
            Target impatient =
                    new Target(server.url(), Map.of(), Target.DEFAULT_ENDPOINT_HEADER, Duration.ofMillis(300), false);
            Measurement measurement =
                    new LoadGenerator(impatient, CHAT_STREAM, 1, Duration.ZERO).run(requests(1, 0), result -> {});

            assertThat(outcomes(measurement)).containsExactly(Outcome.TIMEOUT);
            assertThat(measurement.results().get(0).endToEnd()).isGreaterThanOrEqualTo(Duration.ofMillis(300));
            over.countDown();
        }
    }

    @Test
    void readsTheUsageOfAnAnswerThatIsNoStream() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> whole(
                exchange,
                200,
                "{\"choices\":[{\"text\":\"a b\"}],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":2}}"))) {
            RequestShape completions = new RequestShape(RequestShape.Api.COMPLETIONS, "demo", false, true, false);
            RequestResult result =
                    run(server.url(), completions, requests(1, 0)).results().get(0);

            assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(result.ttft()).isNull();
            assertThat(result.usage()).isEqualTo(new TokenUsage(20, null, 2));
        }
    }

    @Test
    void asksInTheShapeOfTheApi() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> completeStream(exchange))) {
            run(URI.create(server.url() + "/v1"), CHAT_STREAM, requests(1, 0));
            run(
                    URI.create(server.url() + "/base/"),
                    new RequestShape(RequestShape.Api.COMPLETIONS, "a\"b", true, false, false),
                    requests(1, 0));

            ScriptedServer.Received chat = server.received().get(0);
            assertThat(chat.path()).isEqualTo("/v1/chat/completions");
            assertThat(chat.authorization()).isEqualTo("Bearer secret");
            JsonNode chatBody = new ObjectMapper().readTree(chat.body());
            assertThat(chatBody.path("stream_options").path("include_usage").booleanValue())
                    .isTrue();
            assertThat(chatBody.path("ignore_eos").booleanValue()).isTrue();
            assertThat(chatBody.path("max_tokens").intValue()).isEqualTo(6);
            assertThat(chatBody.path("messages").path(0).path("content").textValue())
                    .matches("([a-z]{3} ){20}");

            ScriptedServer.Received completion = server.received().get(1);
            assertThat(completion.path()).isEqualTo("/base/v1/completions");
            JsonNode body = new ObjectMapper().readTree(completion.body());
            assertThat(body.path("model").textValue()).isEqualTo("a\"b");
            assertThat(body.path("prompt").textValue())
                    .isEqualTo(chatBody.path("messages").path(0).path("content").textValue());
            assertThat(body.has("stream_options")).isFalse();
            assertThat(body.has("ignore_eos")).isFalse();
        }
    }

    @Test
    void reusesConnectionsThatStayedOpen() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> completeStream(exchange))) {
            run(server.url(), CHAT_STREAM, requests(10, 100));

            assertThat(server.received().stream()
                            .map(ScriptedServer.Received::client)
                            .distinct())
                    .hasSizeLessThan(5);
        }
    }

    @Test
    void sendsOnceMoreWhatAnIdleConnectionWasClosedUnder() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {
            if (number != 1) {
                completeStream(exchange);
            } // else the connection is closed without a byte of an answer
        })) {
            Measurement measurement = run(server.url(), CHAT_STREAM, requests(2, 500));

            assertThat(outcomes(measurement)).containsExactly(Outcome.COMPLETED, Outcome.COMPLETED);
            assertThat(server.received()).hasSize(3);
            assertThat(server.received().get(1).client())
                    .isEqualTo(server.received().get(0).client())
                    .isNotEqualTo(server.received().get(2).client());
        }
    }

    @Test
    void aFreshConnectionClosedWithoutAnAnswerIsAnError() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> {})) {
            assertThat(outcomes(run(server.url(), CHAT_STREAM, requests(1, 0)))).containsExactly(Outcome.CUT);
            assertThat(server.received()).hasSize(1);
        }
    }

    @Test
    void manyLoopsShareTheWorkload() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> completeStream(exchange))) {
            Measurement measurement = new LoadGenerator(target(server.url()), CHAT_STREAM, 3, Duration.ZERO)
                    .run(requests(10, 5), result -> {});

            assertThat(measurement.results())
                    .extracting(RequestResult::index)
                    .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            assertThat(outcomes(measurement)).containsOnly(Outcome.COMPLETED);
        }
    }

    @Test
    void requestsOfTheWarmUpAreSentButNotReported() throws Exception {
        try (ScriptedServer server = new ScriptedServer((exchange, number) -> completeStream(exchange))) {
            Measurement measurement = new LoadGenerator(target(server.url()), CHAT_STREAM, 1, Duration.ofMillis(100))
                    .run(requests(6, 40), result -> {}); // due at 0, 40, 80 | 120, 160, 200

            assertThat(server.received()).hasSize(6);
            assertThat(measurement.results()).extracting(RequestResult::index).containsExactly(3, 4, 5);
            assertThat(measurement.gaps().getTotalCount()).isEqualTo(3);
        }
    }

    @Test
    void anEmptyWorkloadEndsAtOnce() throws Exception {
        assertThat(run(URI.create("http://127.0.0.1:1"), CHAT_STREAM, requests(0, 0))
                        .results())
                .isEmpty();
    }

    private static void completeStream(HttpExchange exchange) throws IOException {
        OutputStream events = beginEvents(exchange);
        event(events, TOKEN);
        event(events, TOKEN);
        event(events, "[DONE]");
        events.close();
    }

    private static void await(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static Measurement run(URI url, RequestShape shape, Workload workload) throws Exception {
        return new LoadGenerator(target(url), shape, 1, Duration.ZERO).run(workload, result -> {});
    }

    private static Target target(URI url) {
        return new Target(
                url,
                Map.of("Authorization", "Bearer secret"),
                Target.DEFAULT_ENDPOINT_HEADER,
                Duration.ofSeconds(30),
                false);
    }

    private static Workload requests(int count, long gapMillis) {
        List<WorkloadRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(request(i * gapMillis));
        }
        return new Workload("test", requests);
    }

    private static WorkloadRequest request(long millis) {
        return new WorkloadRequest(Duration.ofMillis(millis), List.of(new PromptBlock(1, 20)), 6);
    }

    private static List<Outcome> outcomes(Measurement measurement) {
        return measurement.results().stream().map(RequestResult::outcome).toList();
    }
}
