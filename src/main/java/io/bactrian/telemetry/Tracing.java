package io.bactrian.telemetry;

import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.RequestHeaders;
import io.bactrian.request.RequestTrace;
import io.bactrian.request.RequestTracer;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Traces requests and sends their spans by OTLP over HTTP. A thread of its own sends them; spans that come faster than they are
 * taken are lost, not waited for.
 */
public final class Tracing implements RequestTracer, RelayObserver, AutoCloseable {
    /** How long a span may wait for others to be sent with. */
    private static final Duration SEND_AFTER = Duration.ofSeconds(1);

    /** How long a stop waits for the last spans to be taken. */
    private static final int STOP_SECONDS = 3;

    private final SdkTracerProvider provider;
    private final Tracer tracer;

    /**
     * @param endpoint where spans are sent
     * @param sampleRatio share of requests traced of those that do not say themselves whether they are
     */
    public Tracing(String endpoint, double sampleRatio, String version) {
        this.provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault()
                        .merge(Resource.create(Attributes.builder()
                                .put("service.name", "bactrian")
                                .put("service.version", version)
                                .build())))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(sampleRatio)))
                .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                                .setEndpoint(endpoint)
                                .build())
                        .setScheduleDelay(SEND_AFTER)
                        .build())
                .build();
        this.tracer = provider.get("io.bactrian", version);
    }

    @Override
    public RequestTrace begin(String method, RequestHeaders headers) {
        Context parent =
                W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, HeaderGetter.INSTANCE);
        return new SpannedRequest(tracer, method, parent);
    }

    @Override
    public void ended(RelayRecord record) {
        if (record.trace() instanceof SpannedRequest spanned) {
            spanned.ended(record);
        }
    }

    @Override
    public void unsent(UnsentRecord record) {
        if (record.trace() instanceof SpannedRequest spanned) {
            spanned.unsent(record);
        }
    }

    /** Sends what is left, and ends. */
    @Override
    public void close() {
        provider.shutdown().join(STOP_SECONDS, TimeUnit.SECONDS);
    }

    private enum HeaderGetter implements TextMapGetter<RequestHeaders> {
        INSTANCE;

        @Override
        public Iterable<String> keys(RequestHeaders headers) {
            return List.of(); // asked for by nobody who knows the names
        }

        @Override
        public @Nullable String get(@Nullable RequestHeaders headers, String name) {
            String value = headers == null ? "" : headers.first(name);
            return value.isEmpty() ? null : value;
        }
    }
}
