package io.bactrian.tokenizer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.Api;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.PromptTokens;
import io.bactrian.request.RequestBytes;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.SlowDataProducer;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a {@link TokenBackend} count requests, off the event loops. What it does not know, or does not answer in time, is estimated, and the
 * count says why. At most so many requests are with the backend at a time, those among them whose time is over but whose work is not.
 */
final class CountingTokenProducer implements SlowDataProducer {
    private static final Logger LOG = LoggerFactory.getLogger(CountingTokenProducer.class);

    private final DataKey<PromptTokens> key;
    private final TokenBackend backend;
    private final Semaphore places;
    private final InstantSource clock;
    private final KnownCounts known = new KnownCounts();

    /** @param maxInFlight how many requests may be with the backend */
    CountingTokenProducer(String name, TokenBackend backend, int maxInFlight, InstantSource clock) {
        this.key = new DataKey<>(PromptTokens.KEY.type(), name);
        this.backend = backend;
        this.places = new Semaphore(maxInFlight);
        this.clock = clock;
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public Duration deadline() {
        Duration one = backend.timeout(false);
        Duration other = backend.timeout(true);
        return one.compareTo(other) > 0 ? one : other;
    }

    @Override
    public CompletableFuture<Supplier<RequestListener>> begin(
            InferenceRequest request, List<EndpointState> candidates) {
        if (!backend.counts(request.api())) {
            return estimated(request, backend.name() + " does not count this API");
        }
        if (!places.tryAcquire()) {
            return estimated(request, backend.name() + " is busy");
        }
        int estimate = estimate(request, late()); // what holds if nothing comes
        int media = backend.countsMedia() ? 0 : MediaTokens.of(request);
        Duration patience = backend.timeout(request.prompt().mediaItems() > 0);
        Deadline deadline = Deadline.in(patience, clock);
        RequestBytes body = request.context().body().retain();
        CompletableFuture<OptionalInt> counted;
        try {
            counted = CompletableFuture.supplyAsync(() -> copyOf(body, deadline), backend.threads())
                    .thenCompose(copy -> count(request.api(), copy, deadline));
        } catch (RejectedExecutionException e) {
            body.release();
            places.release();
            throw e;
        }
        counted.whenComplete((count, failure) -> places.release());
        return counted.copy()
                .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
                .handle((count, failure) -> () -> {
                    PromptTokens tokens = count != null && count.isPresent()
                            ? counted(count.getAsInt(), media)
                            : new PromptTokens(estimate, estimate(request.id(), failure));
                    request.context().setPromptTokens(tokens);
                    return RequestListener.NONE;
                });
    }

    private static byte[] copyOf(RequestBytes body, Deadline deadline) {
        try {
            deadline.check();
            byte[] copy = new byte[body.length()];
            ByteBuffer target = ByteBuffer.wrap(copy);
            body.views().forEach(target::put);
            return copy;
        } finally {
            body.release();
        }
    }

    private CompletableFuture<OptionalInt> count(Api api, byte[] body, Deadline deadline) {
        KnownCounts.Name name = KnownCounts.nameOf(api, body);
        OptionalInt before = known.get(name);
        if (before.isPresent()) {
            return CompletableFuture.completedFuture(before);
        }
        return backend.count(api, body, deadline).thenApply(count -> {
            known.put(name, count);
            return OptionalInt.of(count);
        });
    }

    private PromptTokens counted(int count, int media) {
        return media == 0
                ? new PromptTokens(count, backend.name())
                : new PromptTokens(count + media, backend.name() + ", pictures and videos estimated");
    }

    private String estimate(String requestId, @Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        LOG.debug("request {}: tokens are estimated", requestId, cause);
        return PromptTokens.ESTIMATE + ": " + why(cause);
    }

    private String why(@Nullable Throwable cause) {
        if (cause instanceof TimeoutException
                || cause instanceof HttpTimeoutException
                || cause instanceof LateException) {
            return late();
        }
        return cause instanceof UncountableException uncountable ? uncountable.why() : backend.name() + " failed";
    }

    private String late() {
        return backend.name() + " did not answer in time";
    }

    private static CompletableFuture<Supplier<RequestListener>> estimated(InferenceRequest request, String why) {
        estimate(request, why);
        return CompletableFuture.completedFuture(() -> RequestListener.NONE);
    }

    private static int estimate(InferenceRequest request, String why) {
        int tokens = request.prompt().estimatedTokens();
        request.context().setPromptTokens(new PromptTokens(tokens, PromptTokens.ESTIMATE + ": " + why));
        return tokens;
    }
}
