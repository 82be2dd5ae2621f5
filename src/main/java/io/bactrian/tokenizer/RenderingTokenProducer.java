package io.bactrian.tokenizer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.Api;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.PromptTokens;
import io.bactrian.request.RequestBytes;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.SlowDataProducer;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks vLLM's render endpoints how many tokens a chat or text completion has. What they do not know, or do not answer in
 * time, is estimated, and the count says why.
 */
final class RenderingTokenProducer implements SlowDataProducer {
    private static final Logger LOG = LoggerFactory.getLogger(RenderingTokenProducer.class);
    private static final String RENDERED = "vllm";
    private static final String LATE = "estimate: vllm did not answer in time";
    private static final String FAILED = "estimate: vllm failed";
    private static final String NOT_RENDERED = "estimate: vllm does not render this API";

    private final DataKey<PromptTokens> key;
    private final RenderClient client;
    private final Duration timeout;
    private final Duration mediaTimeout;
    private final Executor workers;
    private final KnownCounts known = new KnownCounts();

    private RenderingTokenProducer(
            String name, RenderClient client, Duration timeout, Duration mediaTimeout, Executor workers) {
        this.key = new DataKey<>(PromptTokens.KEY.type(), name);
        this.client = client;
        this.timeout = timeout;
        this.mediaTimeout = mediaTimeout;
        this.workers = workers;
    }

    static RenderingTokenProducer create(String name, String model, PluginParameters vllm, Executor workers) {
        String url = vllm.text("url", "http://localhost:8000");
        Duration timeout = vllm.duration("timeout", Duration.ofSeconds(5));
        Duration mediaTimeout = vllm.duration("mmTimeout", Duration.ofSeconds(30));
        if (timeout.isZero() || timeout.isNegative()) {
            throw vllm.wrong("timeout", timeout, "more than 0");
        }
        try {
            URI base = URI.create(url);
            if (base.getHost() == null || !Set.of("http", "https").contains(String.valueOf(base.getScheme()))) {
                throw vllm.wrong("url", url, "an address such as http://localhost:8000");
            }
            return new RenderingTokenProducer(
                    name, new RenderClient(base, model, timeout, workers), timeout, mediaTimeout, workers);
        } catch (IllegalArgumentException e) {
            throw vllm.wrong("url", url, "an address such as http://localhost:8000");
        }
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public Duration deadline() {
        return timeout.compareTo(mediaTimeout) > 0 ? timeout : mediaTimeout;
    }

    @Override
    public CompletableFuture<Supplier<RequestListener>> begin(
            InferenceRequest request, List<EndpointState> candidates) {
        if (!request.api().isCompletion()) {
            estimate(request, NOT_RENDERED);
            return CompletableFuture.completedFuture(() -> RequestListener.NONE);
        }
        estimate(request, LATE); // what holds if nothing comes
        Duration patience = MediaCount.hasMedia(request.prompt()) ? mediaTimeout : timeout;
        RequestBytes body = request.context().body().retain();
        CompletableFuture<OptionalInt> counted;
        try {
            counted = CompletableFuture.supplyAsync(() -> copyOf(body), workers)
                    .thenCompose(copy -> count(request.api(), copy, patience));
        } catch (RejectedExecutionException e) {
            body.release();
            throw e;
        }
        return counted.handle((count, failure) -> () -> attach(request, count, failure));
    }

    private static byte[] copyOf(RequestBytes body) {
        try {
            byte[] copy = new byte[body.length()];
            ByteBuffer target = ByteBuffer.wrap(copy);
            body.views().forEach(target::put);
            return copy;
        } finally {
            body.release();
        }
    }

    private CompletableFuture<OptionalInt> count(Api api, byte[] body, Duration patience) {
        KnownCounts.Name name = KnownCounts.nameOf(api, body);
        OptionalInt before = known.get(name);
        if (before.isPresent()) {
            return CompletableFuture.completedFuture(before);
        }
        return client.count(api, body, patience).thenApply(count -> {
            known.put(name, count);
            return OptionalInt.of(count);
        });
    }

    private static RequestListener attach(
            InferenceRequest request,
            @org.jspecify.annotations.Nullable OptionalInt count,
            @org.jspecify.annotations.Nullable Throwable failure) {
        if (count != null && count.isPresent()) {
            request.context().setPromptTokens(new PromptTokens(count.getAsInt(), RENDERED));
        } else {
            boolean late = RenderClient.isTimeout(failure);
            LOG.debug("request {}: tokens are estimated", request.id(), failure);
            estimate(request, late ? LATE : FAILED);
        }
        return RequestListener.NONE;
    }

    private static void estimate(InferenceRequest request, String why) {
        request.context().setPromptTokens(new PromptTokens(request.prompt().estimatedTokens(), why));
    }
}
