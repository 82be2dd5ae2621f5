package io.bactrian.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.request.Api;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks a vLLM server to render requests, and counts the token ids of its answers while they come. Nothing runs on an event loop. */
final class RenderClient {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int OK = 200;

    /** Of an answer; 10 million tokens take about 60 MB. */
    private static final long MAX_ANSWER_BYTES = 64L << 20;

    private final URI base;
    private final String model;
    private final Executor workers;
    private final HttpClient client;

    RenderClient(URI base, String model, Duration connectTimeout, Executor workers) {
        this.base = base;
        this.model = model;
        this.workers = workers;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectTimeout)
                .executor(workers)
                .build();
    }

    /** Returns how many tokens {@code body}, a request of {@code api}, has; called on a worker. */
    CompletableFuture<Integer> count(Api api, byte[] body, Duration timeout) {
        String path = api == Api.CHAT_COMPLETIONS ? "/v1/chat/completions/render" : "/v1/completions/render";
        HttpRequest request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(forModel(body)))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                .thenApplyAsync(RenderClient::countIn, workers)
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private byte[] forModel(byte[] body) {
        try {
            JsonNode tree = MAPPER.readTree(body);
            return MAPPER.writeValueAsBytes(((ObjectNode) tree).put("model", model));
        } catch (IOException e) {
            throw new UncheckedIOException("a body that was read before", e);
        }
    }

    private static int countIn(HttpResponse<InputStream> answer) {
        try (InputStream body = answer.body()) {
            if (answer.statusCode() != OK) {
                throw new IOException("status " + answer.statusCode() + " (expected: " + OK + ")");
            }
            return countIds(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts the numbers in every {@code token_ids}: a chat has one, a batch of prompts several. */
    private static int countIds(InputStream body) throws IOException {
        int count = 0;
        boolean found = false;
        try (JsonParser parser = MAPPER.createParser(body)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.currentLocation().getByteOffset() > MAX_ANSWER_BYTES) {
                    throw new IOException("answer: longer than " + MAX_ANSWER_BYTES + " bytes");
                }
                if (token == JsonToken.FIELD_NAME
                        && parser.currentName().equals("token_ids")
                        && parser.nextToken() == JsonToken.START_ARRAY) {
                    found = true;
                    while (parser.nextToken() == JsonToken.VALUE_NUMBER_INT) {
                        count++;
                    }
                }
            }
        }
        if (!found) {
            throw new IOException("answer: no token_ids");
        }
        return count;
    }

    static boolean isTimeout(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof TimeoutException || cause instanceof HttpTimeoutException;
    }
}
