package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.simulator.engine.StepLatency;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatedModelServerTest {
    private static final String TEXT = "/v1/completions";
    private static final String STREAM = "{\"prompt\":\"x\",\"max_tokens\":1000,\"ignore_eos\":true,\"stream\":true}";
    private static final String SHORT_STREAM =
            "{\"prompt\":\"x\",\"max_tokens\":2,\"ignore_eos\":true,\"stream\":true}";

    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void abortsWhatItsClientLeftRunningAndWaiting() throws Exception {
        SimulatedModelServer server =
                fixture.start(options -> options.maxSequences(1).latency(LatencyProfiles.of("8b-h100")));
        RawConnection running = new RawConnection(server);
        RawConnection waiting = new RawConnection(server);
        RawConnection whole = new RawConnection(server);
        running.post(TEXT, STREAM);
        running.readUntil("data: ");
        waiting.post(TEXT, STREAM);
        whole.post(TEXT, STREAM.replace(",\"stream\":true", ""));
        ServerFixture.await(server, snapshot -> snapshot.waitingSequences() == 2);

        waiting.close();
        whole.close();
        ServerFixture.await(server, snapshot -> snapshot.waitingSequences() == 0 && snapshot.runningSequences() == 1);
        running.close();

        ServerFixture.await(server, snapshot -> snapshot.isIdle() && snapshot.openConnections() == 0);
        ServerSnapshot snapshot = server.snapshot();
        assertThat(snapshot.startedRequests()).isEqualTo(3);
        assertThat(snapshot.abortedRequests()).isEqualTo(3);
        assertThat(snapshot.abortedSequences()).isEqualTo(3);
        assertThat(snapshot.completedRequests()).isZero();
        assertThat(fixture.get(server, "/metrics").body())
                .contains("vllm:request_success_total{model_name=\"demo\",finished_reason=\"abort\"} 3.0");
    }

    @Test
    void keepsTokensForASlowReaderWithoutBufferingThem() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.kvBlocks(20_000));
        String stream = STREAM.replace("1000", "100000");

        try (RawConnection connection = new RawConnection(server, 4096)) {
            connection.post(TEXT, stream);
            // All tokens exist although the client has read nothing, yet few bytes of 16 MB are on their way.
            ServerFixture.await(server, snapshot -> snapshot.generatedTokens() == 100_000);
            assertThat(server.snapshot().completedRequests()).isZero();
            assertThat(server.snapshot().runningSequences()).isZero();
            assertThat(server.snapshot().unsentBytes()).isBetween(1L, 200_000L);

            String all = connection.readUntil("data: [DONE]\n\n");
            assertThat(all.split("\"text\":\"", -1)).hasSize(100_002);
        }
        ServerFixture.await(server, snapshot -> snapshot.completedRequests() == 1);
    }

    @Test
    void countsAClientThatStopsReadingAndLeavesAsAborted() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.kvBlocks(20_000));

        try (RawConnection connection = new RawConnection(server, 4096)) {
            connection.post(TEXT, STREAM.replace("1000", "100000"));
            ServerFixture.await(server, snapshot -> snapshot.generatedTokens() == 100_000);
        }

        ServerFixture.await(server, snapshot -> snapshot.abortedRequests() == 1);
        assertThat(server.snapshot().abortedSequences()).isZero();
    }

    @Test
    void refusesTheThirdOfOneSeatAndOneWaitingPlace() throws Exception {
        SimulatedModelServer server =
                fixture.start(options -> options.maxSequences(1).maxWaiting(1).latency(LatencyProfiles.of("8b-h100")));

        try (RawConnection first = new RawConnection(server);
                RawConnection second = new RawConnection(server)) {
            first.post(TEXT, STREAM);
            first.readUntil("data: ");
            second.post(TEXT, STREAM);
            ServerFixture.await(server, snapshot -> snapshot.waitingSequences() == 1);

            HttpResponse<String> third = fixture.post(server, TEXT, STREAM);

            assertThat(third.statusCode()).isEqualTo(429);
            assertThat(third.body()).contains("\"type\":\"RateLimitError\"");
        }
    }

    @Test
    void sendsHeadersBeforeTheFirstTokenOnlyIfToldTo() throws Exception {
        SimulatedModelServer early = fixture.start(
                options -> options.headersBeforeFirstToken(true).latency(new StepLatency(3600e9, 0, 0, 0, 0)));

        try (RawConnection connection = new RawConnection(early)) {
            connection.post(TEXT, STREAM);
            assertThat(connection.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
            assertThat(early.snapshot().generatedTokens()).isZero();
        }
    }

    @Test
    void failsTheNextRequests() throws Exception {
        SimulatedModelServer server = fixture.start();

        server.failNext(2, 503);

        assertThat(fixture.get(server, "/health").statusCode()).isEqualTo(200);
        assertThat(fixture.post(server, TEXT, SHORT_STREAM).statusCode()).isEqualTo(503);
        assertThat(fixture.post(server, TEXT, SHORT_STREAM).statusCode()).isEqualTo(503);
        assertThat(fixture.post(server, TEXT, SHORT_STREAM).statusCode()).isEqualTo(200);
        assertThat(server.snapshot().failedRequests()).isEqualTo(2);
        assertThatThrownBy(() -> server.failNext(1, 200)).hasMessage("status: 200 (expected: 400 to 599)");
    }

    @Test
    void diesAfterAnyByteOfAStreamedBody() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.fixedIdentity("r", 1));
        byte[] whole = body(readAfterDeath(server, Long.MAX_VALUE - 1, SHORT_STREAM.replace("}", ",\"x\":1}")));
        assertThat(new String(whole, StandardCharsets.UTF_8)).endsWith("data: [DONE]\n\n");

        for (int k = 0; k <= whole.length; k++) {
            String answer = readAfterDeath(server, k, SHORT_STREAM);
            assertThat(answer).as("byte %d", k).startsWith("HTTP/1.1 200 OK").doesNotEndWith("0\r\n\r\n");
            byte[] cut = body(answer);
            assertThat(cut).hasSize(k).isEqualTo(Arrays.copyOf(whole, k));
        }
        assertThat(server.snapshot().failedRequests()).isEqualTo(whole.length + 1);
        assertThat(server.snapshot().isIdle()).isTrue();
    }

    @Test
    void diesAfterAByteOfAWholeBody() throws Exception {
        SimulatedModelServer server = fixture.start();
        server.dieAfterBodyBytes(1, 10);

        try (RawConnection connection = new RawConnection(server)) {
            connection.post(TEXT, "{\"prompt\":\"x\"}");
            String answer = connection.readTextToEnd();
            assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4)).isEqualTo("{\"id\":\"cmp");
            assertThat(answer).contains("content-length: ").doesNotContain("content-length: 10\r\n");
        }
        assertThat(fixture.post(server, TEXT, "{\"prompt\":\"x\"}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void answersNothingWhileItHangs() throws Exception {
        SimulatedModelServer server = fixture.start();
        server.hang(Duration.ofMillis(300));
        long begun = System.nanoTime();

        CompletableFuture<HttpResponse<String>> metrics = fixture.client()
                .sendAsync(
                        HttpRequest.newBuilder(server.uri().resolve("/metrics")).build(),
                        HttpResponse.BodyHandlers.ofString());
        fixture.post(server, TEXT, SHORT_STREAM);

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(250));
        assertThat(metrics.get().statusCode()).isEqualTo(200);
    }

    @Test
    void resetsItsConnectionsInACrashAndComesBackEmpty() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.latency(LatencyProfiles.of("8b-h100")));
        fixture.post(server, TEXT, "{\"prompt\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17],\"max_tokens\":1}");
        assertThat(server.snapshot().cachedBlocks()).isEqualTo(1);
        int port = server.port();

        try (RawConnection connection = new RawConnection(server)) {
            connection.post(TEXT, STREAM);
            connection.readUntil("data: ");
            server.crash();

            assertThatThrownBy(connection::readToEnd)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
            assertThatThrownBy(() -> new RawConnection(server).close()).isInstanceOf(IOException.class);
        }

        server.restart();
        assertThat(server.port()).isEqualTo(port);
        assertThat(fixture.post(server, TEXT, SHORT_STREAM).statusCode()).isEqualTo(200);
        assertThat(server.snapshot().startedRequests()).isEqualTo(1);
        assertThat(server.snapshot().cachedBlocks()).isZero();
        server.crash();
        server.crash();
        server.restart();
        assertThat(fixture.get(server, "/health").statusCode()).isEqualTo(200);
    }

    @Test
    void slowsDown() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.latency(new StepLatency(1e6, 0, 0, 0, 0)));
        server.slow(200);
        long begun = System.nanoTime();

        fixture.post(server, TEXT, SHORT_STREAM);

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    }

    @Test
    void reads100ThousandTokensInMilliseconds() throws Exception {
        SimulatedModelServer server = fixture.start();
        String body = "{\"max_tokens\":1,\"prompt\":\"" + "word ".repeat(100_000) + "\"}";

        HttpResponse<String> response = fixture.post(server, TEXT, body);

        assertThat(ServerFixture.json(response)
                        .path("usage")
                        .path("prompt_tokens")
                        .asInt())
                .isEqualTo(100_000);
    }

    @Test
    void standsBesideTwoHundredOthersOnTwoThreads() throws Exception {
        List<SimulatedModelServer> servers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            servers.add(fixture.start(options -> options.latency(LatencyProfiles.of("8b-h100"))));
        }

        List<CompletableFuture<HttpResponse<String>>> answers = servers.stream()
                .map(server -> fixture.client()
                        .sendAsync(
                                fixture.request(server, TEXT, STREAM.replace("1000", "20"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString()))
                .toList();

        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get().body()).endsWith("data: [DONE]\n\n");
        }
        long loops = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("simulator-"))
                .count();
        // Two of this test, and those of earlier ones that are still ending.
        assertThat(loops).isLessThan(10);
        assertThat(servers.stream().map(SimulatedModelServer::port).distinct()).hasSize(200);
    }

    @Test
    void bringsAnEventLoopOfItsOwnIfGivenNone() throws Exception {
        try (SimulatedModelServer server = SimulatedModelServer.builder().start()) {
            assertThat(fixture.get(server, "/health").statusCode()).isEqualTo(200);
        }
    }

    private static String readAfterDeath(SimulatedModelServer server, long bodyBytes, String request)
            throws IOException {
        server.dieAfterBodyBytes(1, bodyBytes);
        try (RawConnection connection = new RawConnection(server)) {
            connection.post(TEXT, request);
            return bodyBytes == Long.MAX_VALUE - 1 ? connection.readUntil("0\r\n\r\n") : connection.readTextToEnd();
        }
    }

    /** Undoes the chunked encoding of an answer that may be cut. */
    private static byte[] body(String answer) {
        StringBuilder body = new StringBuilder();
        String rest = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        while (rest.contains("\r\n")) {
            int line = rest.indexOf("\r\n");
            int size = Integer.parseInt(rest.substring(0, line), 16);
            rest = rest.substring(line + 2);
            int available = Math.min(size, rest.length());
            body.append(rest, 0, available);
            rest = rest.substring(Math.min(rest.length(), size + 2));
        }
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }
}
