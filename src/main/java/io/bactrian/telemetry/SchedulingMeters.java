package io.bactrian.telemetry;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.LoadMeter;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ExtensionPoint;
import io.bactrian.scheduling.PluginName;
import io.bactrian.scheduling.SchedulingObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Counts what the scheduler decides and what it had to do without. Safe between threads. */
public final class SchedulingMeters implements SchedulingObserver {
    private static final String[] PLUGIN = {"plugin_name", "plugin_type"};
    /** What llm-d calls the reading of metric pages. */
    private static final int THOUSAND = 1000;

    private final PrometheusMeterRegistry registry;
    private final Counter producerFailures;
    private final Family<LongAdder> attemptFamily;
    private final Map<Attempt, LongAdder> attempts = new ConcurrentHashMap<>();
    private final Histogram durations;
    private final PluginMeters plugins;
    private final InFlightMeters inFlight;
    private final Family<Histogram> hitRatios;
    private final Family<Histogram> hitBytes;
    private final Map<Plugin, PrefixHits> prefixHits = new ConcurrentHashMap<>();
    private final Family<LongAdder> prefixTokens;
    private final Family<LongAdder> prefixDropped;
    private final Map<PrefixIndex, LongSupplier> prefixIndexes = new ConcurrentHashMap<>();
    private final CappedNames models;
    private final Family<LongAdder> splitDecisions;
    private final Family<LongAdder> olderSplitDecisions;

    private record Attempt(String status, String model, String endpoint, String namespace, String port) {
        static Attempt at(String model, Endpoint endpoint) {
            return new Attempt(
                    "success",
                    model,
                    endpoint.name(),
                    endpoint.namespace(),
                    String.valueOf(endpoint.address().getPort()));
        }
    }

    private record Place(String endpoint, String namespace, String port) {}

    private record Plugin(String name, String type) {}

    private record PrefixIndex(String pool, Plugin plugin) {}

    private record PrefixHits(Histogram ratios, Histogram bytes) {}

    /** @param models those that pools serve, which are told apart however many others clients name */
    public SchedulingMeters(PrometheusMeterRegistry registry, Set<String> models) {
        this.registry = registry;
        this.models = new CappedNames(models);
        this.producerFailures = registry.counter(MetricNames.PRODUCER_FAILURES);
        this.attemptFamily = Family.counters(
                registry,
                MetricNames.SCHEDULER_ATTEMPTS,
                "Decisions, by the endpoint that was chosen.",
                "status",
                "target_model_name",
                "endpoint_name",
                "namespace",
                "port");
        this.durations = Family.histograms(
                        registry, MetricNames.SCHEDULER_DURATION, "Time one decision takes.", Buckets.SCHEDULING)
                .series();
        this.plugins = new PluginMeters(registry);
        this.inFlight = new InFlightMeters(registry);
        this.hitRatios = Family.histograms(
                registry,
                MetricNames.PREFIX_HIT_RATIO,
                "Share of a prompt's blocks that its endpoint was sent before.",
                Buckets.HIT_RATIO,
                PLUGIN);
        this.hitBytes = Family.histograms(
                registry,
                MetricNames.PREFIX_HIT_BYTES,
                "Bytes of a prompt that its endpoint was sent before.",
                Buckets.HIT_BYTES,
                PLUGIN);
        this.prefixTokens = Family.counters(
                registry,
                MetricNames.PREFIX_TOKENS,
                "Prompt tokens taken to be cached, and reported to have been, by requests whose model server reports it.",
                "plugin_name",
                "plugin_type",
                "source");
        this.prefixDropped = Family.counters(
                registry,
                MetricNames.PREFIX_DROPPED,
                "Blocks no longer taken to be cached, as a model server did not report them.",
                PLUGIN);
        String[] stages = {PLUGIN[0], PLUGIN[1], "model_name", "decision_type"};
        String help = "Decisions which stages of a request run apart.";
        this.splitDecisions = Family.counters(registry, MetricNames.DISAGGREGATION_DECISIONS, help, stages);
        this.olderSplitDecisions = Family.counters(registry, MetricNames.PD_DECISIONS, help, stages);
        registry.getPrometheusRegistry().register((Collector) this::prefixIndexSizes);
    }

    /** Forgets the series of endpoints that leave {@code pools}, which are all there are. */
    public void watch(List<EndpointPool> pools) {
        for (EndpointPool pool : pools) {
            pool.onMembersChanged(() -> retainOnly(pools));
        }
    }

    private void retainOnly(List<EndpointPool> pools) {
        inFlight.retainOnly(pools.stream()
                .flatMap(pool -> pool.snapshot().members().stream())
                .map(EndpointPool.Member::endpoint)
                .toList());
        Set<Place> present = pools.stream()
                .flatMap(pool -> pool.snapshot().members().stream())
                .map(member -> Attempt.at("", member.endpoint()))
                .map(attempt -> new Place(attempt.endpoint(), attempt.namespace(), attempt.port()))
                .collect(Collectors.toSet());
        present.add(new Place("", "", ""));
        attempts.keySet()
                .removeIf(attempt ->
                        !present.contains(new Place(attempt.endpoint(), attempt.namespace(), attempt.port())));
        attemptFamily.remove(labels ->
                !present.contains(new Place(labels.get("endpoint_name"), labels.get("namespace"), labels.get("port"))));
    }

    @Override
    public void decided(InferenceRequest request, int candidates, Decision decision) {
        String model = models.of(request.model());
        Attempt attempt = decision instanceof Decision.Picked picked
                ? Attempt.at(model, picked.endpoint().endpoint())
                : new Attempt("failure", model, "", "", "");
        LongAdder count = attempts.get(attempt);
        if (count == null) {
            count = attempts.computeIfAbsent(
                    attempt,
                    made -> attemptFamily.series(
                            made.status(), made.model(), made.endpoint(), made.namespace(), made.port()));
        }
        count.increment();
    }

    @Override
    public @Nullable LongSupplier pluginClock() {
        return plugins.clock();
    }

    @Override
    public void pluginRan(ExtensionPoint point, PluginName plugin, long nanos) {
        plugins.ran(point, plugin, nanos);
    }

    @Override
    public LoadMeter loadOf(InferenceRequest request, Endpoint endpoint) {
        return inFlight.of(endpoint, request.objective());
    }

    /** A decision took {@code nanos}. */
    public void decisionTook(long nanos) {
        durations.record(nanos);
    }

    @Override
    public void prefixMatched(String pluginName, String pluginType, int matchedBlocks, int blocks, long matchedBytes) {
        PrefixHits hits = prefixHits.computeIfAbsent(
                new Plugin(pluginName, pluginType),
                plugin -> new PrefixHits(
                        hitRatios.series(plugin.name(), plugin.type()), hitBytes.series(plugin.name(), plugin.type())));
        hits.ratios().record((long) matchedBlocks * THOUSAND / blocks);
        hits.bytes().record(matchedBytes);
    }

    @Override
    public void prefixReported(
            String pluginName, String pluginType, long predictedTokens, long cachedTokens, int droppedBlocks) {
        prefixTokens.series(pluginName, pluginType, "predicted").add(predictedTokens);
        prefixTokens.series(pluginName, pluginType, "reported").add(cachedTokens);
        prefixDropped.series(pluginName, pluginType).add(droppedBlocks);
    }

    @Override
    public void prefixIndexMade(String pool, String pluginName, String pluginType, LongSupplier entries) {
        prefixIndexes.put(new PrefixIndex(pool, new Plugin(pluginName, pluginType)), entries);
    }

    @Override
    public void disaggregated(InferenceRequest request, String pluginName, String pluginType, String type) {
        String model = models.of(request.model());
        splitDecisions.series(pluginName, pluginType, model, type).increment();
        olderSplitDecisions.series(pluginName, pluginType, model, type).increment();
    }

    private GaugeSnapshot prefixIndexSizes() {
        Map<String, Map<String, Long>> sizes = new TreeMap<>(); // by plugin name, then type
        prefixIndexes.forEach(
                (index, entries) -> sizes.computeIfAbsent(index.plugin().name(), name -> new TreeMap<>())
                        .merge(index.plugin().type(), entries.getAsLong(), Long::sum));
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder()
                .name(MetricNames.PREFIX_INDEX_SIZE)
                .help("Blocks remembered, counted for each endpoint that was sent them.");
        sizes.forEach((name, byType) -> byType.forEach((type, size) ->
                gauge.dataPoint(new GaugeDataPointSnapshot(size, Labels.of(PLUGIN, new String[] {name, type}), null))));
        return gauge.build();
    }

    @Override
    public void producerFailed(DataProducer producer, Throwable cause) {
        producerFailures.increment();
    }

    @Override
    public void filterIgnored(String filterType, int ejected, int candidates) {
        registry.counter(MetricNames.FILTER_IGNORED, "filter", filterType).increment();
    }
}
