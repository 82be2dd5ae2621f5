package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.EngineMetrics;
import io.bactrian.simulator.engine.ExecutorClock;
import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.KvCacheObserver;
import io.bactrian.simulator.engine.TokenIds;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One life of a model server, from its start to its crash or close: engine, connections and counts. A restart begins
 * another one with an empty cache. Confined to one event loop.
 */
final class ModelServerLife {
    private static final String JSON = "application/json";
    private static final byte[] EMPTY = {};
    private static final Map<String, List<HttpMethod>> METHODS = Map.ofEntries(
            Map.entry("/v1/chat/completions", List.of(HttpMethod.POST)),
            Map.entry("/v1/completions", List.of(HttpMethod.POST)),
            Map.entry("/v1/models", List.of(HttpMethod.GET)),
            Map.entry("/v1/load_lora_adapter", List.of(HttpMethod.POST)),
            Map.entry("/v1/unload_lora_adapter", List.of(HttpMethod.POST)),
            Map.entry("/health", List.of(HttpMethod.GET)),
            Map.entry("/health/ready", List.of(HttpMethod.GET)),
            Map.entry("/metrics", List.of(HttpMethod.GET)),
            Map.entry("/admin/config", List.of(HttpMethod.GET, HttpMethod.POST)),
            Map.entry(TransferDesk.QUERY, List.of(HttpMethod.GET)),
            Map.entry(TransferDesk.READ, List.of(HttpMethod.POST)),
            Map.entry(TransferDesk.COPY, List.of(HttpMethod.POST)),
            Map.entry(TransferDesk.PUSH, List.of(HttpMethod.POST)),
            Map.entry("/tokenize", List.of(HttpMethod.POST)),
            Map.entry(TransferDesk.ENCODED, List.of(HttpMethod.POST)));
    private static final Set<String> SIDE_CHANNEL =
            Set.of(TransferDesk.QUERY, TransferDesk.READ, TransferDesk.COPY, TransferDesk.PUSH, TransferDesk.ENCODED);

    private final RequestCounts counts = new RequestCounts();
    private final SimulatedModelServerOptions options;
    private final Faults faults = new Faults();
    private final @Nullable Consumer<ReceivedRequest> requestListener;
    private final FlushQueue flushes = new FlushQueue();
    private final InferenceEngine engine;
    private final ServedAdapters adapters;
    private final TransferDesk desk;
    private final Completions completions;
    private final MetricsPage metrics;
    private final Set<Channel> connections = new HashSet<>();
    private final long readyNanos;
    private AdminConfig config;
    private byte @Nullable [] frozenMetrics;

    /** Begins a life; {@code engineId} is its own, {@code transferPort} that of the server's side channel. */
    ModelServerLife(
            SimulatedModelServerOptions options,
            EventLoop loop,
            @Nullable Consumer<ReceivedRequest> requestListener,
            String engineId,
            IntSupplier transferPort) {
        this.options = options;
        this.requestListener = requestListener;
        this.engine = new InferenceEngine(options.engine(), new ExecutorClock(loop), observer(options), flushes::flush);
        this.desk = new TransferDesk(options, engineId, transferPort, engine, loop, faults);
        this.adapters = new ServedAdapters(options);
        this.completions = new Completions(
                new ServerParts(options, engine, flushes, faults, counts, desk, adapters),
                options.sharedKv().orElse(null));
        this.metrics = new MetricsPage(options.models().get(0), engine, desk);
        this.readyNanos = System.nanoTime() + options.startupDuration().toNanos();
        this.config =
                new AdminConfig(LatencySettings.of(options.engine().latency()), options.failures(), MetricsMode.LIVE);
    }

    RequestCounts counts() {
        return counts;
    }

    InferenceEngine engine() {
        return engine;
    }

    Faults faults() {
        return faults;
    }

    TransferDesk desk() {
        return desk;
    }

    Set<Channel> connections() {
        return connections;
    }

    AdminConfig config() {
        return config;
    }

    void change(AdminConfig changed) {
        if (!changed.latency().equals(config.latency())) {
            engine.changeLatency(changed.latency().toModel());
        }
        if (changed.metricsMode() == MetricsMode.FROZEN && config.metricsMode() != MetricsMode.FROZEN) {
            frozenMetrics = metrics.render(false);
        }
        config = changed;
    }

    /**
     * Answers a request, or begins to.
     *
     * @return the answer under way; null if it was written already
     */
    @Nullable
    AnswerUnderWay serve(FullHttpRequest request, ResponseWriter writer) {
        String path = new QueryStringDecoder(request.uri()).path();
        if (requestListener != null && !SIDE_CHANNEL.contains(path)) {
            requestListener.accept(received(request));
        }
        List<HttpMethod> methods = METHODS.getOrDefault(path, List.of());
        if (!methods.isEmpty() && !methods.contains(request.method())) {
            String allowed = methods.stream().map(HttpMethod::name).collect(Collectors.joining(", "));
            writer.header("allow", allowed);
            writer.error(ApiError.of(405, request.method() + " " + path + " (expected: " + allowed + ")"));
            return null;
        }
        if (SIDE_CHANNEL.contains(path) && options.role() != EndpointRole.NONE) {
            return serveOthers(path, request, writer);
        }
        switch (path) {
            case "/v1/chat/completions" -> {
                return completions.serve(true, request, writer, config.failures());
            }
            case "/v1/completions" -> {
                return completions.serve(false, request, writer, config.failures());
            }
            case "/tokenize" -> completions.tokenize(request, writer);
            case "/v1/models" -> writer.whole(200, JSON, ModelList.json(options, adapters.names(), createdSeconds()));
            case "/v1/load_lora_adapter", "/v1/unload_lora_adapter" -> changeAdapters(path, request, writer);
            case "/health" -> writer.whole(200, JSON, EMPTY);
            case "/health/ready" -> writer.whole(isReady() ? 200 : 503, JSON, EMPTY);
            case "/metrics" -> writeMetrics(writer);
            case "/admin/config" -> administer(request, writer);
            default -> writer.error(ApiError.of(404, path + ": not served here"));
        }
        return null;
    }

    private @Nullable AnswerUnderWay serveOthers(String path, FullHttpRequest request, ResponseWriter writer) {
        try {
            return desk.serve(path, request, writer);
        } catch (RequestRefused e) {
            writer.error(e.error());
            return null;
        }
    }

    ServerSnapshot snapshot() {
        EngineMetrics done = engine.metrics();
        return new ServerSnapshot(
                engine.running(),
                engine.waiting(),
                counts.startedRequests(),
                counts.completedRequests(),
                counts.abortedRequests(),
                counts.failedRequests(),
                done.finished(FinishReason.ABORT),
                done.promptTokensTotal(),
                done.prefixCacheHits(),
                done.generationTokensTotal(),
                done.preemptions(),
                engine.referencedBlocks(),
                engine.cachedBlocks(),
                connections.size(),
                connections.stream().mapToLong(ModelServerLife::unsentBytes).sum());
    }

    private static KvCacheObserver observer(SimulatedModelServerOptions options) {
        return options.sharedKv().map(ModelServerLife::observer).orElse(KvCacheObserver.NONE);
    }

    private static KvCacheObserver observer(SharedKvStore store) {
        return new KvCacheObserver() {
            @Override
            public void blockStored(long hash, long parentHash, TokenIds tokens) {
                store.store(hash);
            }

            @Override
            public void blockRemoved(long hash) {}
        };
    }

    private static long unsentBytes(Channel connection) {
        ChannelOutboundBuffer buffer = connection.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    private boolean isReady() {
        return System.nanoTime() - readyNanos >= 0;
    }

    private long createdSeconds() {
        return options.fixedCreated().orElseGet(() -> System.currentTimeMillis() / 1000);
    }

    private void writeMetrics(ResponseWriter writer) {
        byte[] frozen = frozenMetrics;
        MetricsMode mode = config.metricsMode();
        if (mode == MetricsMode.FAILING) {
            writer.error(ApiError.of(500, "metrics: failing as configured"));
        } else if (mode == MetricsMode.FROZEN && frozen != null) {
            writer.whole(200, MetricsPage.CONTENT_TYPE, frozen);
        } else {
            byte[] page = metrics.render(mode == MetricsMode.NAN);
            writer.whole(200, MetricsPage.CONTENT_TYPE, page);
        }
    }

    private void changeAdapters(String path, FullHttpRequest request, ResponseWriter writer) {
        try {
            JsonNode body = CompletionRequestReader.parse(new ByteBufInputStream(request.content()));
            if (path.equals("/v1/load_lora_adapter")) {
                adapters.load(body);
            } else {
                adapters.unload(body);
            }
            writer.whole(200, JSON, EMPTY);
        } catch (RequestRefused e) {
            writer.error(e.error());
        }
    }

    private void administer(FullHttpRequest request, ResponseWriter writer) {
        if (request.method().equals(HttpMethod.POST)) {
            try {
                JsonNode update = CompletionRequestReader.parse(new ByteBufInputStream(request.content()));
                change(config.with(update));
            } catch (RequestRefused e) {
                writer.error(e.error());
                return;
            } catch (IllegalArgumentException e) {
                writer.error(ApiError.badRequest(String.valueOf(e.getMessage()), null));
                return;
            }
        }
        writer.whole(200, JSON, config.json());
    }

    private static ReceivedRequest received(FullHttpRequest request) {
        HttpHeaders headers = request.headers();
        List<Map.Entry<String, String>> entries = headers.entries();
        return new ReceivedRequest(
                request.method().name(), request.uri(), entries, ByteBufUtil.getBytes(request.content()));
    }
}
