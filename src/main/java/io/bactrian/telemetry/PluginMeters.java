package io.bactrian.telemetry;

import io.bactrian.scheduling.ExtensionPoint;
import io.bactrian.scheduling.PluginName;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long plug-ins take, in the first decision and then in one of {@value #ONE_OF}, drawn by lot: two readings of the clock for each
 * plug-in cost as much as many a plug-in does. Safe between threads.
 */
final class PluginMeters {
    static final int ONE_OF = 16;

    private static final LongSupplier CLOCK = System::nanoTime;

    private final Family<Histogram> family;
    private final Map<Series, Histogram> series = new ConcurrentHashMap<>();

    private record Series(ExtensionPoint point, PluginName plugin) {}

    PluginMeters(PrometheusMeterRegistry registry) {
        this.family = Family.histograms(
                registry,
                MetricNames.PLUGIN_DURATION,
                "Time a plug-in takes for one request, of one request in " + ONE_OF + ".",
                Buckets.SCHEDULING,
                "extension_point",
                "plugin_type",
                "plugin_name");
    }

    /** Returns the clock if the next decision is one to be measured, else null. */
    @Nullable
    LongSupplier clock() {
        return series.isEmpty() || ThreadLocalRandom.current().nextInt(ONE_OF) == 0 ? CLOCK : null;
    }

    void ran(ExtensionPoint point, PluginName plugin, long nanos) {
        series.computeIfAbsent(
                        new Series(point, plugin), made -> family.series(point.label(), plugin.type(), plugin.name()))
                .record(nanos);
    }
}
