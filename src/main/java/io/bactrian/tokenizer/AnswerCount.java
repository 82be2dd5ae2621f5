package io.bactrian.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Reads the count out of an answer as its bytes arrive; nothing of it is kept. */
final class AnswerCount implements HttpResponse.BodySubscriber<Integer> {
    /** What of an answer is the count. */
    enum Counted {
        /** The numbers in every {@code token_ids}: a rendered chat has one, a batch of prompts several. */
        TOKEN_IDS,
        /** The number {@code count} of the answer itself. */
        COUNT
    }

    private static final JsonFactory FACTORY = new JsonFactory();

    /** Of an answer; 10 million tokens take about 60 MB. */
    private static final long MAX_BYTES = 64L << 20;

    private final @Nullable Counted counted;
    private final CompletableFuture<Integer> result = new CompletableFuture<>();
    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private Flow.@Nullable Subscription subscription;
    private long bytes;
    private int depth;
    private String name = "";
    private boolean inIds;
    private boolean found;
    private int count;

    /** @param counted null if the answer is none: it is not read then */
    AnswerCount(@Nullable Counted counted) {
        this.counted = counted;
        try {
            this.parser = FACTORY.createNonBlockingByteArrayParser();
        } catch (IOException e) {
            throw new UncheckedIOException("a parser without input", e);
        }
        this.feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
    }

    @Override
    public CompletionStage<Integer> getBody() {
        return result;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (counted == null) {
            end(new IOException("status other than 200"));
        } else {
            given.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        if (result.isDone()) {
            return;
        }
        try {
            for (ByteBuffer buffer : buffers) {
                feed(buffer);
            }
        } catch (IOException | RuntimeException e) {
            end(e);
        }
    }

    private void feed(ByteBuffer buffer) throws IOException {
        bytes += buffer.remaining();
        if (bytes > MAX_BYTES) {
            throw new IOException("answer: longer than " + MAX_BYTES + " bytes");
        }
        byte[] input = new byte[buffer.remaining()];
        buffer.get(input);
        feeder.feedInput(input, 0, input.length);
        for (JsonToken token = parser.nextToken();
                token != null && token != JsonToken.NOT_AVAILABLE;
                token = parser.nextToken()) {
            read(token);
        }
    }

    private void read(JsonToken token) throws IOException {
        switch (token) {
            case START_OBJECT -> depth++;
            case END_OBJECT -> depth--;
            case FIELD_NAME -> name = parser.currentName();
            case START_ARRAY -> {
                inIds = counted == Counted.TOKEN_IDS && name.equals("token_ids");
                found |= inIds;
                name = "";
            }
            case END_ARRAY -> inIds = false;
            case VALUE_NUMBER_INT -> readNumber();
            default -> {
                // neither ids nor a count
            }
        }
    }

    private void readNumber() throws IOException {
        if (inIds) {
            count++;
        } else if (counted == Counted.COUNT && depth == 1 && name.equals("count")) {
            count = parser.getIntValue();
            found = true;
            name = "";
        }
    }

    private void end(Exception failure) {
        result.completeExceptionally(failure);
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public void onError(Throwable failure) {
        result.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        if (!found || count < 0 || depth != 0) {
            result.completeExceptionally(new IOException("answer: no " + counted));
        } else {
            result.complete(count);
        }
    }
}
