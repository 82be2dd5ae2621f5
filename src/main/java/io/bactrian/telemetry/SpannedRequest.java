package io.bactrian.telemetry;

import io.bactrian.api.TokenUsage;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestTrace;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One request as a server span, with a child for the choice of its endpoint and one for each endpoint it is sent to. */
final class SpannedRequest implements RequestTrace {
    private static final String TRACE_PARENT = "traceparent";
    private static final String TRACE_STATE = "tracestate";
    private static final int CLIENT_ERROR = 400;
    private static final int SERVER_ERROR = 500;

    private final Tracer tracer;
    private final String method;
    private final boolean continued;
    private final Span server;
    private final Context context;
    private @Nullable Span pick;
    private @Nullable Span prefill;
    private @Nullable Span decode;
    private int sent;

    /** @param parent holds the client's span if the request came with one */
    SpannedRequest(Tracer tracer, String method, Context parent) {
        this.tracer = tracer;
        this.method = method;
        this.continued = Span.fromContext(parent).getSpanContext().isValid();
        this.server = tracer.spanBuilder(method)
                .setParent(parent)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute(SpanAttributes.METHOD, method)
                .startSpan();
        this.context = parent.with(server);
    }

    @Override
    public String id() {
        return server.getSpanContext().getTraceId();
    }

    @Override
    public void pickBegins() {
        pick = tracer.spanBuilder("pick").setParent(context).startSpan();
    }

    @Override
    public void pickEnds() {
        if (pick != null) {
            pick.end();
            pick = null;
        }
    }

    @Override
    public void decodeBegins(String host, int port, TraceHeaders headers) {
        if (decode != null) {
            decode.setStatus(StatusCode.ERROR).setAttribute(SpanAttributes.ERROR_TYPE, "retried");
            decode.end();
        }
        Span span = tracer.spanBuilder("decode")
                .setParent(context)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(SpanAttributes.METHOD, method)
                .setAttribute(SpanAttributes.SERVER_ADDRESS, host)
                .setAttribute(SpanAttributes.SERVER_PORT, (long) port)
                .startSpan();
        if (sent > 0) {
            span.setAttribute(SpanAttributes.RESENDS, (long) sent);
        }
        sent++;
        decode = span;
        continueIn(span, headers);
    }

    @Override
    public void encodes(TraceHeaders headers) {
        continueIn(server, headers);
    }

    @Override
    public void prefillBegins(String host, int port, TraceHeaders headers) {
        prefillEnds(0);
        Span span = tracer.spanBuilder("prefill")
                .setParent(context)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(SpanAttributes.METHOD, method)
                .setAttribute(SpanAttributes.SERVER_ADDRESS, host)
                .setAttribute(SpanAttributes.SERVER_PORT, (long) port)
                .startSpan();
        prefill = span;
        continueIn(span, headers);
    }

    @Override
    public void prefillEnds(int status) {
        if (prefill != null) {
            String error = status == 0 ? "unanswered" : "";
            status(prefill, status, CLIENT_ERROR, status >= CLIENT_ERROR ? String.valueOf(status) : error);
            prefill.end();
            prefill = null;
        }
    }

    private void continueIn(Span span, TraceHeaders headers) {
        SpanContext here = span.getSpanContext();
        headers.set(
                TRACE_PARENT,
                "00-" + here.getTraceId() + "-" + here.getSpanId() + "-"
                        + here.getTraceFlags().asHex());
        if (!continued) {
            headers.remove(TRACE_STATE); // it belongs to a trace that could not be read
        }
    }

    void ended(RelayRecord record) {
        String error = errorOf(record.outcome(), record.failure(), record.status());
        if (decode != null) {
            status(decode, record.status(), CLIENT_ERROR, error);
            usage(decode, record);
            request(decode, record.request(), record.pool());
            decode.end();
        }
        usage(server, record);
        InferenceException failure = record.failure();
        int answered = failure != null && record.outcome() == Outcome.REFUSED
                ? failure.code().status()
                : record.status();
        end(record.request().id(), record.request(), record.pool(), record.outcome(), answered, error);
    }

    void unsent(UnsentRecord record) {
        int answered = record.refusal() == null ? 0 : record.refusal().code().status();
        String error = errorOf(record.outcome(), record.refusal(), answered);
        end(record.id(), record.request(), record.pool(), record.outcome(), answered, error);
    }

    private void end(
            String id, @Nullable InferenceRequest request, String pool, Outcome outcome, int answered, String error) {
        pickEnds();
        prefillEnds(0);
        server.setAttribute(SpanAttributes.REQUEST_ID, id);
        server.setAttribute(SpanAttributes.END, outcome.name().toLowerCase(Locale.ROOT));
        if (request != null) {
            request(server, request, pool);
            String route = SpanAttributes.route(request.api());
            if (!route.isEmpty()) {
                server.setAttribute(SpanAttributes.ROUTE, route);
                server.updateName(method + " " + route);
            }
        }
        status(server, answered, SERVER_ERROR, error);
        server.end();
    }

    private static String errorOf(Outcome outcome, @Nullable InferenceException failure, int status) {
        if (failure != null) {
            return failure.code().code();
        }
        if (outcome == Outcome.CLIENT_LEFT) {
            return ""; // nobody failed
        }
        return status >= CLIENT_ERROR ? String.valueOf(status) : "";
    }

    /** @param faulty the lowest status that is the fault of whom the span stands for */
    private static void status(Span span, int status, int faulty, String error) {
        if (status > 0) {
            span.setAttribute(SpanAttributes.STATUS, (long) status);
        }
        if (!error.isEmpty() && (status == 0 || status >= faulty || status < CLIENT_ERROR)) {
            span.setStatus(StatusCode.ERROR).setAttribute(SpanAttributes.ERROR_TYPE, error);
        }
    }

    private static void usage(Span span, RelayRecord record) {
        TokenUsage usage = record.usage();
        if (usage != null) {
            span.setAttribute(SpanAttributes.INPUT_TOKENS, (long) usage.promptTokens());
            span.setAttribute(SpanAttributes.OUTPUT_TOKENS, (long) usage.completionTokens());
        }
    }

    private static void request(Span span, InferenceRequest request, String pool) {
        String operation = SpanAttributes.operation(request.api());
        if (!operation.isEmpty()) {
            span.setAttribute(SpanAttributes.OPERATION, operation);
        }
        if (!pool.isEmpty()) {
            span.setAttribute(SpanAttributes.POOL, pool);
            span.setAttribute(
                    SpanAttributes.MODEL, request.model()); // of an unknown one there is only the client's word
        }
    }
}
