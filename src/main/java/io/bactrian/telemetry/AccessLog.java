package io.bactrian.telemetry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.bactrian.api.TokenUsage;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestTrace;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line of JSON for each request to the logger {@link #LOGGER}. A member that is not known is left out.
 *
 * <p>Nothing that a client wrote gets in but the request's id, which is of a restricted form, and the name of a model whose pool was
 * found: no prompt, no answer, no header, no message of an error.
 */
public final class AccessLog implements RelayObserver {
    /** The logger that takes the lines. */
    public static final String LOGGER = "io.bactrian.access";

    private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
    private static final int LINE_LENGTH = 512;
    private static final double P99 = .99;
    private static final double NANOS_PER_MICRO = 1000;
    private static final double MICROS_PER_MILLI = 1000;

    private final JsonFactory json = new JsonFactory();
    private final InstantSource clock;

    public AccessLog(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void ended(RelayRecord record) {
        write(line -> {
            request(line, record.request().id(), record.request(), record.pool());
            trace(line, record.trace());
            line.writeStringField("endpoint", record.endpoint());
            InferenceException failure = record.failure();
            int status = failure != null && record.outcome() == Outcome.REFUSED
                    ? failure.code().status()
                    : record.status();
            end(line, record.outcome(), failure, status);
            line.writeNumberField("retries", Math.max(0, record.attempts() - 1));
            if (record.usage() != null) {
                usage(line, record.usage());
            }
            line.writeNumberField("response_bytes", record.answerBytes());
            RelayTimes times = record.times();
            millis(line, "wait_ms", times.admitted());
            millis(line, "ttft_ms", times.firstBytes());
            if (record.gaps() != null) {
                millis(line, "itl_p99_ms", record.gaps().quantileNanos(P99));
            }
            millis(line, "duration_ms", times.ended());
        });
    }

    @Override
    public void unsent(UnsentRecord record) {
        write(line -> {
            request(line, record.id(), record.request(), record.pool());
            trace(line, record.trace());
            InferenceException refusal = record.refusal();
            int answered = record.outcome() == Outcome.COMPLETED ? 200 : 0;
            end(
                    line,
                    record.outcome(),
                    refusal,
                    refusal == null ? answered : refusal.code().status());
            millis(line, "duration_ms", record.duration().toNanos());
        });
    }

    private void write(Members members) {
        StringWriter text = new StringWriter(LINE_LENGTH);
        try (JsonGenerator line = json.createGenerator(text)) {
            line.writeStartObject();
            line.writeStringField("time", clock.instant().toString());
            members.write(line);
            line.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        LOG.info(text.toString());
    }

    private static void request(JsonGenerator line, String id, @Nullable InferenceRequest request, String pool)
            throws IOException {
        if (!id.isEmpty()) {
            line.writeStringField("request_id", id);
        }
        if (request != null) {
            line.writeStringField("api", request.api().name().toLowerCase(Locale.ROOT));
            line.writeBooleanField("stream", request.stream());
            line.writeNumberField("priority", request.objective().priority());
            line.writeNumberField("request_bytes", request.bodyBytes());
        }
        if (!pool.isEmpty()) {
            line.writeStringField("pool", pool);
            if (request != null && !request.model().isEmpty()) {
                line.writeStringField("model", request.model()); // of an unknown one there is only the client's word
            }
        }
    }

    private static void trace(JsonGenerator line, RequestTrace trace) throws IOException {
        if (!trace.id().isEmpty()) {
            line.writeStringField("trace_id", trace.id());
        }
    }

    private static void end(JsonGenerator line, Outcome outcome, @Nullable InferenceException error, int status)
            throws IOException {
        if (status > 0) {
            line.writeNumberField("status", status);
        }
        line.writeStringField("end", outcome.name().toLowerCase(Locale.ROOT));
        if (error != null) {
            line.writeStringField("error", error.code().code());
            if (!error.droppedReason().isEmpty()) {
                line.writeStringField("reason", error.droppedReason());
            }
        }
    }

    private static void usage(JsonGenerator line, TokenUsage usage) throws IOException {
        line.writeNumberField("tokens_in", usage.promptTokens());
        line.writeNumberField("tokens_out", usage.completionTokens());
        if (usage.cachedTokens().isPresent()) {
            line.writeNumberField("tokens_cached", usage.cachedTokens().getAsInt());
        }
        line.writeBooleanField("tokens_estimated", usage.estimated());
    }

    /** Writes a time in milliseconds to the microsecond; nothing for one that never was. */
    private static void millis(JsonGenerator line, String name, long nanos) throws IOException {
        if (nanos != RelayTimes.NEVER) {
            line.writeNumberField(name, Math.rint(nanos / NANOS_PER_MICRO) / MICROS_PER_MILLI);
        }
    }

    /** Writes what one line holds. */
    private interface Members {
        void write(JsonGenerator line) throws IOException;
    }
}
