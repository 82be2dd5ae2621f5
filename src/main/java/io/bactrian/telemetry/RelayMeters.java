package io.bactrian.telemetry;

import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Objective;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts and measures requests. Safe between threads. */
public final class RelayMeters implements RelayObserver {
    /** Series of this many models and flows; each takes about 3 KiB. Those to come share one. */
    private static final int MAX_LABEL_SETS = 10_000;

    private static final Labels UNREAD = new Labels("", Objective.DEFAULT_FAIRNESS_ID, 0);
    private static final Labels OTHERS = new Labels(CappedNames.OTHER, CappedNames.OTHER, 0);

    private final RequestFamilies families;
    private final Histogram requestProcessing;
    private final Histogram responseProcessing;
    private final CappedNames models;
    private final CappedNames fairnessIds = new CappedNames(java.util.List.of(Objective.DEFAULT_FAIRNESS_ID));
    private final Map<Labels, RequestSeries> byLabels = new ConcurrentHashMap<>();

    private record Labels(String model, String fairnessId, int priority) {}

    /** @param models those that pools serve, which are told apart however many others clients name */
    public RelayMeters(PrometheusMeterRegistry registry, Collection<String> models) {
        this.families = new RequestFamilies(registry);
        this.models = new CappedNames(models);
        this.requestProcessing = Family.histograms(
                        registry,
                        MetricNames.REQUEST_PROCESSING,
                        "Time from the request read to its being sent, waiting included.",
                        Buckets.REQUEST_PROCESSING)
                .series();
        this.responseProcessing = Family.histograms(
                        registry,
                        MetricNames.RESPONSE_PROCESSING,
                        "Time from the end of the model server's answer to that of the client's.",
                        Buckets.RESPONSE_PROCESSING)
                .series();
    }

    @Override
    public void began(InferenceRequest request) {
        series(request).began();
    }

    @Override
    public void ended(RelayRecord record) {
        series(record.request()).ended(record);
        RelayTimes times = record.times();
        requestProcessing.record(times.sent());
        if (times.answered() != RelayTimes.NEVER && record.outcome() == Outcome.COMPLETED) {
            responseProcessing.record(times.ended() - times.answered());
        }
    }

    @Override
    public void unsent(UnsentRecord record) {
        if (record.refusal() != null) {
            series(record.request()).unsent(ErrorLabels.of(record.refusal().code()));
        } else if (record.outcome() == Outcome.CLIENT_LEFT) {
            series(record.request()).unsent(ErrorLabels.CLIENT_LEFT);
        }
    }

    private RequestSeries series(@Nullable InferenceRequest request) {
        Labels labels = request == null
                ? UNREAD
                : new Labels(
                        models.of(request.model()),
                        fairnessIds.of(request.objective().fairnessId()),
                        request.objective().priority());
        RequestSeries known = byLabels.get(labels);
        if (known != null) {
            return known;
        }
        Labels told = byLabels.size() < MAX_LABEL_SETS ? labels : OTHERS;
        return byLabels.computeIfAbsent(
                told,
                made -> new RequestSeries(
                        families, made.model(), made.model(), made.fairnessId(), String.valueOf(made.priority())));
    }
}
