package io.bactrian.scheduling;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Times the plug-ins that run for one request, if the observer wants that; else does next to nothing. */
final class PluginTiming {
    static final PluginTiming OFF = new PluginTiming(SchedulingObserver.NONE, null, PluginNames.NONE);

    private final SchedulingObserver observer;
    private final @Nullable LongSupplier nanos;
    private final PluginNames names;

    private PluginTiming(SchedulingObserver observer, @Nullable LongSupplier nanos, PluginNames names) {
        this.observer = observer;
        this.nanos = nanos;
        this.names = names;
    }

    static PluginTiming of(SchedulingObserver observer, PluginNames names) {
        LongSupplier nanos = observer.pluginClock();
        return nanos == null ? OFF : new PluginTiming(observer, nanos, names);
    }

    /** Returns the moment at which a plug-in begins. */
    long begins() {
        return nanos == null ? 0 : nanos.getAsLong();
    }

    /** Notes that {@code plugin}, which began at {@code began}, is through. */
    void ends(ExtensionPoint point, Object plugin, long began) {
        if (nanos == null) {
            return;
        }
        PluginName name = names.of(plugin);
        if (name != null) {
            observer.pluginRan(point, name, nanos.getAsLong() - began);
        }
    }
}
