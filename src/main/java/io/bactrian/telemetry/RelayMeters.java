package io.bactrian.telemetry;

import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Finish.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** Counts and measures the requests that were sent to model servers. Safe between threads. */
public final class RelayMeters implements RelayObserver {
    private static final int OK_LIMIT = 400;
    private static final int NO_STATUS = 0;

    private static final double NANOS_PER_SECOND = 1e9;

    private static final double[] DURATION_BUCKETS = {
        .005, .025, .05, .1, .2, .4, .6, .8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120, 180, 240, 300,
        360, 480, 600, 900, 1200, 1800, 2700, 3600
    };
    private static final double[] TTFT_BUCKETS = {
        .005, .025, .05, .1, .2, .4, .6, .8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120
    };
    private static final double[] INPUT_TOKEN_BUCKETS = powersOfTwo(3, 20);
    private static final double[] OUTPUT_TOKEN_BUCKETS = powersOfTwo(3, 13);
    private static final double[] BYTE_BUCKETS = powersOfTwo(6, 30);

    private final MeterRegistry registry;
    private final Map<String, ModelMeters> byModel = new ConcurrentHashMap<>(); // the models of the pools, no others

    public RelayMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    private static double[] powersOfTwo(int first, int last) {
        return IntStream.rangeClosed(first, last)
                .mapToDouble(power -> 1L << power)
                .toArray();
    }

    @Override
    public void ended(RelayRecord record) {
        ModelMeters meters = byModel.computeIfAbsent(record.request().model(), ModelMeters::new);
        meters.requests.increment();
        meters.attempts.increment(record.attempts());
        meters.duration.record(record.duration());
        meters.bytes.record(record.request().bodyBytes());
        meters.inputTokens.record(record.usage().promptTokens());
        meters.outputTokens.record(record.usage().completionTokens());
        record.usage().cachedTokens().ifPresent(meters.cachedTokens::record);
        record.timeToFirstToken().ifPresent(ttft -> meters.recordTtft(ttft, record.request().stream()));
        String error = errorOf(record);
        if (!error.isEmpty()) {
            meters.error(error).increment();
        }
    }

    private static String errorOf(RelayRecord record) {
        if (record.outcome() == Outcome.CLIENT_LEFT) {
            return "ClientLeft";
        }
        boolean served = record.status() != NO_STATUS && record.status() < OK_LIMIT;
        return served && record.outcome() == Outcome.COMPLETED ? "" : "ModelServerError";
    }

    /** The meters of one model. */
    private final class ModelMeters {
        private final Tags tags;
        final Counter requests;
        final Counter attempts;
        final Timer duration;
        final Timer streamedTtft;
        final Timer wholeTtft;
        final DistributionSummary bytes;
        final DistributionSummary inputTokens;
        final DistributionSummary outputTokens;
        final DistributionSummary cachedTokens;

        ModelMeters(String model) {
            tags = Tags.of(
                    "model_name", model, "target_model_name", model, "fairness_id", "default-flow", "priority", "0");
            requests = registry.counter(MetricNames.REQUESTS, tags);
            attempts = registry.counter(MetricNames.UPSTREAM_ATTEMPTS, Tags.of("model_name", model));
            duration = timer(MetricNames.REQUEST_DURATION, tags, DURATION_BUCKETS);
            streamedTtft = timer(MetricNames.REQUEST_TTFT, tags.and("streaming", "true"), TTFT_BUCKETS);
            wholeTtft = timer(MetricNames.REQUEST_TTFT, tags.and("streaming", "false"), TTFT_BUCKETS);
            bytes = summary(MetricNames.REQUEST_BYTES, tags, BYTE_BUCKETS);
            inputTokens = summary(MetricNames.INPUT_TOKENS, tags, INPUT_TOKEN_BUCKETS);
            outputTokens = summary(MetricNames.OUTPUT_TOKENS, tags, OUTPUT_TOKEN_BUCKETS);
            cachedTokens = summary(MetricNames.CACHED_TOKENS, tags, INPUT_TOKEN_BUCKETS);
        }

        Counter error(String code) {
            return registry.counter(MetricNames.REQUEST_ERRORS, tags.and("error_code", code));
        }

        void recordTtft(Duration ttft, boolean streamed) {
            (streamed ? streamedTtft : wholeTtft).record(ttft);
        }

        /** A distribution summary would round seconds up to whole numbers before it puts them into buckets. */
        private Timer timer(String name, Tags labels, double[] bucketSeconds) {
            return Timer.builder(name)
                    .tags(labels)
                    .serviceLevelObjectives(Arrays.stream(bucketSeconds)
                            .mapToObj(seconds -> Duration.ofNanos(Math.round(seconds * NANOS_PER_SECOND)))
                            .toArray(Duration[]::new))
                    .register(registry);
        }

        private DistributionSummary summary(String name, Tags labels, double[] buckets) {
            return DistributionSummary.builder(name)
                    .tags(labels)
                    .serviceLevelObjectives(buckets)
                    .register(registry);
        }
    }
}
