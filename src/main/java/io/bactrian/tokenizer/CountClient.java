package io.bactrian.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a server about tokens and counts while its answer comes. No thread waits for it, nor does an event loop do any of it. */
final class CountClient {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int OK = 200;

    private final URI base;
    private final HttpClient client;

    CountClient(URI base, Duration connectTimeout, Executor workers) {
        this.base = base;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectTimeout)
                .executor(workers)
                .build();
    }

    /**
     * Sends {@code body} to {@code path}.
     *
     * @param counted what of the answer is counted
     * @return completes with the count; after {@code timeout}, when the connection has been given up, with {@link TimeoutException}
     */
    CompletableFuture<Integer> count(String path, JsonNode body, AnswerCount.Counted counted, Duration timeout) {
        HttpRequest request = HttpRequest.newBuilder(base.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes(body)))
                .build();
        CompletableFuture<HttpResponse<Integer>> sent =
                client.sendAsync(request, head -> new AnswerCount(head.statusCode() == OK ? counted : null));
        return sent.copy()
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((answer, failure) -> sent.cancel(true))
                .thenApply(HttpResponse::body);
    }

    static byte[] bytes(JsonNode body) {
        try {
            return MAPPER.writeValueAsBytes(body);
        } catch (IOException e) {
            throw new UncheckedIOException("a tree that was read before", e);
        }
    }
}
