package io.bactrian.telemetry;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.flowcontrol.PoolSaturation;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.Scheduler;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Shows what the endpoints of each pool report, at the moment it is asked. A signal that is stale counts for nothing: a pool
 * without any fresh one shows no average, not 0. An endpoint that has left is shown no more.
 */
public final class PoolGauges implements MultiCollector {
    private static final Map<String, String> HELP = help();

    private final InstantSource clock;
    private final List<ScheduledPool> pools;

    private PoolGauges(InstantSource clock, List<ScheduledPool> pools) {
        this.clock = clock;
        this.pools = pools;
    }

    /** Shows {@code pools} in {@code registry}. */
    public static void show(PrometheusMeterRegistry registry, InstantSource clock, List<ScheduledPool> pools) {
        registry.getPrometheusRegistry().register(new PoolGauges(clock, pools));
    }

    private static Map<String, String> help() {
        Map<String, String> help = new LinkedHashMap<>();
        help.put(MetricNames.AVERAGE_KV_CACHE, "Share of KV blocks in use, mean of the pool's endpoints.");
        help.put(MetricNames.STD_DEV_KV_CACHE, "Share of KV blocks in use, sample standard deviation.");
        help.put(MetricNames.AVERAGE_QUEUE, "Requests queued in model servers, mean of the pool's endpoints.");
        help.put(MetricNames.STD_DEV_QUEUE, "Requests queued in model servers, sample standard deviation.");
        help.put(MetricNames.AVERAGE_RUNNING, "Requests running in model servers, mean of the pool's endpoints.");
        help.put(MetricNames.STD_DEV_RUNNING, "Requests running in model servers, sample standard deviation.");
        help.put(MetricNames.READY_ENDPOINTS, "Endpoints that are not left out by their breakers.");
        help.put(MetricNames.ENDPOINT_QUEUE, "Requests queued in one model server.");
        help.put(MetricNames.STALE_ENDPOINTS, "Endpoints of whose load the saturation detector knows nothing recent.");
        help.put(MetricNames.POOL_SATURATION, "Share of the pool's capacity in use; 1 is full.");
        return help;
    }

    @Override
    public List<String> getPrometheusNames() {
        return List.copyOf(HELP.keySet());
    }

    @Override
    public MetricSnapshots collect() {
        Page page = new Page();
        Instant now = clock.instant();
        Map<String, Integer> stale = new TreeMap<>(); // by the name of the detector, over all pools
        for (ScheduledPool scheduled : pools) {
            EndpointPool pool = scheduled.pool();
            Labels labels = Labels.of("name", pool.name());
            List<EndpointState> endpoints = pool.candidates(now);
            spread(
                    page,
                    labels,
                    MetricNames.AVERAGE_KV_CACHE,
                    MetricNames.STD_DEV_KV_CACHE,
                    endpoints,
                    metrics -> metrics.kvCacheUsage());
            spread(
                    page,
                    labels,
                    MetricNames.AVERAGE_QUEUE,
                    MetricNames.STD_DEV_QUEUE,
                    endpoints,
                    metrics -> metrics.waitingRequests());
            spread(
                    page,
                    labels,
                    MetricNames.AVERAGE_RUNNING,
                    MetricNames.STD_DEV_RUNNING,
                    endpoints,
                    metrics -> metrics.runningRequests());
            page.add(MetricNames.READY_ENDPOINTS, labels, ready(pool));
            saturation(
                    page,
                    pool.name(),
                    PoolSaturation.measure(scheduled.scheduler().saturationDetector(), endpoints));
            Scheduler scheduler = scheduled.scheduler();
            scheduler
                    .saturationDetectorName()
                    .ifPresent(detector -> stale.merge(
                            detector.name(), scheduler.saturationDetector().stale(endpoints), Integer::sum));
            for (EndpointState endpoint : endpoints) {
                Signal waiting = endpoint.metrics().waitingRequests();
                if (waiting.isPresent()) {
                    page.add(
                            MetricNames.ENDPOINT_QUEUE,
                            Labels.of(
                                    "name",
                                    pool.name(),
                                    "model_server_endpoint",
                                    endpoint.endpoint().name()),
                            waiting.value());
                }
            }
        }
        stale.forEach(
                (detector, count) -> page.add(MetricNames.STALE_ENDPOINTS, Labels.of("detector", detector), count));
        return page.snapshots();
    }

    private static void saturation(Page page, String pool, PoolSaturation saturation) {
        saturation.prefill().ifPresent(value -> page.add(MetricNames.POOL_SATURATION, stage(pool, "prefill"), value));
        saturation.decode().ifPresent(value -> page.add(MetricNames.POOL_SATURATION, stage(pool, "decode"), value));
        page.add(MetricNames.POOL_SATURATION, stage(pool, "effective"), saturation.effective());
    }

    private static Labels stage(String pool, String stage) {
        return Labels.of("inference_pool", pool, "stage", stage);
    }

    private static double ready(EndpointPool pool) {
        return pool.snapshot().members().stream()
                .filter(member -> !member.breaker().isBroken())
                .count();
    }

    private static void spread(
            Page page,
            Labels labels,
            String averageName,
            String deviationName,
            List<EndpointState> endpoints,
            Function<EndpointMetrics, Signal> signal) {
        double[] values = endpoints.stream()
                .map(endpoint -> signal.apply(endpoint.metrics()))
                .filter(Signal::isPresent)
                .mapToDouble(Signal::value)
                .toArray();
        if (values.length == 0) {
            return;
        }
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        double mean = sum / values.length;
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        page.add(averageName, labels, rounded(mean));
        page.add(deviationName, labels, values.length < 2 ? 0 : rounded(Math.sqrt(squares / (values.length - 1))));
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    /** The gauges while they are collected. */
    private static final class Page {
        private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();

        void add(String name, Labels labels, double value) {
            gauges.computeIfAbsent(
                            name, key -> GaugeSnapshot.builder().name(key).help(HELP.get(key)))
                    .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                            .labels(labels)
                            .value(value)
                            .build());
        }

        MetricSnapshots snapshots() {
            List<GaugeSnapshot> all = new ArrayList<>();
            gauges.values().forEach(gauge -> all.add(gauge.build()));
            return new MetricSnapshots(all.toArray(GaugeSnapshot[]::new));
        }
    }
}
