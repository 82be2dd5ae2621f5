package io.bactrian.telemetry;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The series of one metric, by their labels. Safe between threads. Whoever counts often keeps the series that it has looked up.
 *
 * @param <S> what one series counts in
 */
final class Family<S> implements Collector {
    private final String name;
    private final String[] labelNames;
    private final Supplier<S> maker;
    private final Function<Map<Labels, S>, MetricSnapshot> shower;
    private final Map<Labels, S> series = new ConcurrentHashMap<>();

    private Family(
            String name, String[] labelNames, Supplier<S> maker, Function<Map<Labels, S>, MetricSnapshot> shower) {
        this.name = name;
        this.labelNames = labelNames;
        this.maker = maker;
        this.shower = shower;
    }

    /** Makes counters; {@code name} is without its {@code _total}. */
    static Family<LongAdder> counters(
            PrometheusMeterRegistry registry, String name, String help, String... labelNames) {
        MetricMetadata metadata = new MetricMetadata(name, help);
        return new Family<>(
                        name,
                        labelNames,
                        LongAdder::new,
                        all -> new CounterSnapshot(
                                metadata,
                                points(
                                        all,
                                        (labels, count) -> new CounterDataPointSnapshot(count.sum(), labels, null, 0))))
                .shownBy(registry);
    }

    /** Makes levels that go up and down. */
    static Family<LongAdder> levels(PrometheusMeterRegistry registry, String name, String help, String... labelNames) {
        MetricMetadata metadata = new MetricMetadata(name, help);
        return new Family<>(
                        name,
                        labelNames,
                        LongAdder::new,
                        all -> new GaugeSnapshot(
                                metadata,
                                points(all, (labels, level) -> new GaugeDataPointSnapshot(level.sum(), labels, null))))
                .shownBy(registry);
    }

    static Family<Histogram> histograms(
            PrometheusMeterRegistry registry, String name, String help, Buckets buckets, String... labelNames) {
        MetricMetadata metadata = new MetricMetadata(name, help);
        return new Family<>(
                        name,
                        labelNames,
                        () -> new Histogram(buckets),
                        all -> new HistogramSnapshot(metadata, points(all, (labels, counts) -> counts.show(labels))))
                .shownBy(registry);
    }

    private static <S, P> Collection<P> points(Map<Labels, S> all, BiFunction<Labels, S, P> point) {
        return all.entrySet().stream()
                .map(entry -> point.apply(entry.getKey(), entry.getValue()))
                .toList();
    }

    private Family<S> shownBy(PrometheusMeterRegistry registry) {
        registry.getPrometheusRegistry().register(this);
        return this;
    }

    /** Returns the series with these values of the labels, in the order of the labels' names. */
    S series(String... values) {
        return series.computeIfAbsent(Labels.of(labelNames, values), labels -> maker.get());
    }

    /** Removes the series of whose labels {@code which} says so. */
    void remove(Predicate<Labels> which) {
        series.keySet().removeIf(which);
    }

    @Override
    public MetricSnapshot collect() {
        return shower.apply(series);
    }

    @Override
    public String getPrometheusName() {
        return name;
    }
}
