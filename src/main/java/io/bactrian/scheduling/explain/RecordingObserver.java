package io.bactrian.scheduling.explain;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.LoadMeter;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.DecisionTrace;
import io.bactrian.scheduling.ExtensionPoint;
import io.bactrian.scheduling.PluginName;
import io.bactrian.scheduling.SchedulingObserver;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Keeps a record of every decision, and passes on whatever it is told. */
public final class RecordingObserver implements SchedulingObserver {
    private final SchedulingObserver next;
    private final DecisionLog log;

    public RecordingObserver(SchedulingObserver next, DecisionLog log) {
        this.next = next;
        this.log = log;
    }

    @Override
    public void decided(InferenceRequest request, int candidates, Decision decision) {
        next.decided(request, candidates, decision);
    }

    @Override
    public void traced(DecisionTrace trace) {
        log.add(trace);
        next.traced(trace);
    }

    @Override
    public @Nullable LongSupplier pluginClock() {
        return next.pluginClock();
    }

    @Override
    public void pluginRan(ExtensionPoint point, PluginName plugin, long nanos) {
        next.pluginRan(point, plugin, nanos);
    }

    @Override
    public LoadMeter loadOf(InferenceRequest request, Endpoint endpoint) {
        return next.loadOf(request, endpoint);
    }

    @Override
    public void producerFailed(DataProducer producer, Throwable cause) {
        next.producerFailed(producer, cause);
    }

    @Override
    public void prefixMatched(String pluginName, String pluginType, int matchedBlocks, int blocks, long matchedBytes) {
        next.prefixMatched(pluginName, pluginType, matchedBlocks, blocks, matchedBytes);
    }

    @Override
    public void prefixReported(
            String pluginName, String pluginType, long predictedTokens, long cachedTokens, int droppedBlocks) {
        next.prefixReported(pluginName, pluginType, predictedTokens, cachedTokens, droppedBlocks);
    }

    @Override
    public void prefixIndexMade(String pool, String pluginName, String pluginType, LongSupplier entries) {
        next.prefixIndexMade(pool, pluginName, pluginType, entries);
    }

    @Override
    public void filterIgnored(String filterType, int ejected, int candidates) {
        next.filterIgnored(filterType, ejected, candidates);
    }

    @Override
    public void disaggregated(InferenceRequest request, String pluginName, String pluginType, String type) {
        next.disaggregated(request, pluginName, pluginType, type);
    }
}
