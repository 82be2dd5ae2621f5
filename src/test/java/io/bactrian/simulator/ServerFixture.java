package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bactrian.endpoint.EndpointRole;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** Simulated servers of one test and a client for them. */
final class ServerFixture implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final EventLoopGroup loops = SimulatedModelServer.newEventLoops(2);
    private final List<SimulatedModelServer> servers = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Starts a server that is as fast as it can be, unless {@code change} says otherwise. */
    SimulatedModelServer start(UnaryOperator<SimulatedModelServerOptions.Builder> change) {
        SimulatedModelServerOptions options = change.apply(
                        SimulatedModelServerOptions.builder().latency(LatencyProfiles.of("instant")))
                .build();
        SimulatedModelServer server = SimulatedModelServer.builder()
                .options(options)
                .eventLoops(loops)
                .start();
        servers.add(server);
        return server;
    }

    SimulatedModelServer start() {
        return start(options -> options);
    }

    /** Starts a server of a role, as fast as it can be but for its transfers, which cost what {@code transfers} says. */
    SimulatedModelServer start(EndpointRole role, TransferOptions transfers) {
        return start(options -> options.role(role).transfers(transfers));
    }

    /** Posts in the background. */
    CompletableFuture<HttpResponse<String>> postAsync(SimulatedModelServer server, String path, String body) {
        return client.sendAsync(request(server, path, body).build(), HttpResponse.BodyHandlers.ofString());
    }

    EventLoopGroup loops() {
        return loops;
    }

    HttpResponse<String> get(SimulatedModelServer server, String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(server.uri().resolve(path)));
    }

    HttpResponse<String> post(SimulatedModelServer server, String path, String body, String... headers)
            throws IOException, InterruptedException {
        return send(request(server, path, body, headers));
    }

    HttpRequest.Builder request(SimulatedModelServer server, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri().resolve(path))
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return headers.length == 0 ? request : request.headers(headers);
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpClient client() {
        return client;
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    /** Returns a chat of one message; {@code more} is a piece of JSON that follows the messages. */
    static String chat(String content, String more) {
        return "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]" + more + "}";
    }

    static void await(SimulatedModelServer server, Predicate<ServerSnapshot> condition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(server::snapshot, condition);
    }

    static void awaitTransfers(SimulatedModelServer server, Predicate<TransferSnapshot> condition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(server::transfers, condition);
    }

    @Override
    public void close() {
        servers.forEach(SimulatedModelServer::close);
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
