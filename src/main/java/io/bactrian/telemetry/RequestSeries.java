package io.bactrian.telemetry;

import io.bactrian.api.TokenUsage;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.relay.TokenGaps;
import io.bactrian.request.Finish.Outcome;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of the requests that share their labels. Safe between threads. */
final class RequestSeries {
    private static final int OK_LIMIT = 400;
    private static final int NO_STATUS = 0;

    private final String[] labels;
    private final Family<LongAdder> errorFamily;
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>(); // by error_code
    private final LongAdder total;
    private final LongAdder running;
    private final LongAdder attempts;
    private final Histogram duration;
    private final Histogram requestBytes;
    private final Histogram responseBytes;
    private final Histogram inputTokens;
    private final Histogram outputTokens;
    private final Histogram cachedTokens;
    private final Histogram ntpot;
    private final Histogram streamedTtft;
    private final Histogram wholeTtft;
    private final Histogram tpot;
    private final Histogram itl;

    /** @param labels the values of {@link RequestFamilies#LABELS} */
    RequestSeries(RequestFamilies families, String... labels) {
        this.labels = labels;
        this.errorFamily = families.errors;
        this.total = families.total.series(labels);
        this.running = families.running.series(labels);
        this.attempts = families.attempts.series(labels[0]);
        this.duration = families.duration.series(labels);
        this.requestBytes = families.requestBytes.series(labels);
        this.responseBytes = families.responseBytes.series(labels);
        this.inputTokens = families.inputTokens.series(labels);
        this.outputTokens = families.outputTokens.series(labels);
        this.cachedTokens = families.cachedTokens.series(labels);
        this.ntpot = families.ntpot.series(labels);
        this.streamedTtft = families.ttft.series(with("true"));
        this.wholeTtft = families.ttft.series(with("false"));
        this.tpot = families.tpot.series(labels);
        this.itl = families.itl.series(labels);
    }

    private String[] with(String value) {
        String[] values = java.util.Arrays.copyOf(labels, labels.length + 1);
        values[labels.length] = value;
        return values;
    }

    void began() {
        running.increment();
    }

    /** Counts a request that was sent to no model server and failed. */
    void unsent(String error) {
        total.increment();
        error(error);
    }

    void ended(RelayRecord record) {
        running.decrement();
        total.increment();
        attempts.add(record.attempts());
        if (record.usage() != null) { // else nobody here saw when the answer ended
            duration.record(record.times().ended());
        }
        requestBytes.record(record.request().bodyBytes());
        String error = errorOf(record);
        if (!error.isEmpty()) {
            error(error);
        }
        if (record.status() != NO_STATUS && record.status() < OK_LIMIT) {
            answered(record, error.isEmpty());
        }
    }

    private static String errorOf(RelayRecord record) {
        if (record.outcome() == Outcome.CLIENT_LEFT) {
            return ErrorLabels.CLIENT_LEFT;
        }
        if (record.failure() != null) {
            return ErrorLabels.of(record.failure().code());
        }
        if (record.usage() == null && record.status() == NO_STATUS && record.outcome() == Outcome.COMPLETED) {
            return ""; // nobody here saw the answer
        }
        boolean served = record.status() != NO_STATUS && record.status() < OK_LIMIT;
        return served && record.outcome() == Outcome.COMPLETED ? "" : ErrorLabels.MODEL_SERVER_ERROR;
    }

    /** Counts an answer; one that was broken off says nothing of how long a whole one takes. */
    private void answered(RelayRecord record, boolean isWhole) {
        TokenUsage usage = record.usage();
        if (usage == null) {
            return; // the proxy sent the answer past the router
        }
        responseBytes.record(record.answerBytes());
        if (usage.promptTokens() > 0) {
            inputTokens.record(usage.promptTokens());
        }
        if (usage.completionTokens() > 0) {
            outputTokens.record(usage.completionTokens());
        }
        if (usage.cachedTokens().isPresent()) {
            cachedTokens.record(usage.cachedTokens().getAsInt());
        }
        boolean streamed = record.request().stream();
        RelayTimes times = record.times();
        if (times.firstBytes() != RelayTimes.NEVER) {
            (streamed ? streamedTtft : wholeTtft).record(times.firstBytes());
        }
        if (isWhole && usage.completionTokens() > 0) {
            ntpot.record(times.ended() / usage.completionTokens());
        }
        if (isWhole && streamed && usage.completionTokens() > 1) {
            tpot.record((times.ended() - times.firstBytes()) / (usage.completionTokens() - 1));
        }
        if (record.gaps() != null) {
            add(record.gaps());
        }
    }

    private void add(TokenGaps gaps) {
        for (int bucket = 0; bucket < Buckets.ITL.count(); bucket++) {
            itl.add(bucket, gaps.bucket(bucket));
        }
        itl.addSum(gaps.sumNanos());
    }

    private void error(String code) {
        errors.computeIfAbsent(code, name -> errorFamily.series(with(name))).increment();
    }
}
