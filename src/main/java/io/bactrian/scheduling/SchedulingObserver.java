package io.bactrian.scheduling;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.LoadMeter;
import io.bactrian.request.InferenceRequest;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Is told what the scheduler does; called on the deciding thread, so it must be quick. */
public interface SchedulingObserver {

    /** Takes no notice. */
    SchedulingObserver NONE = new SchedulingObserver() {};

    /** A decision over {@code candidates} endpoints was made. */
    default void decided(InferenceRequest request, int candidates, Decision decision) {}

    /** A decision was made of what {@code trace} holds, which belongs to the request. */
    default void traced(DecisionTrace trace) {}

    /** Returns what the plug-ins of the next decision are to be timed by, in nanoseconds; null if they are not to be. */
    default @Nullable LongSupplier pluginClock() {
        return null;
    }

    /** A plug-in was through after {@code nanos}; told only where {@link #pluginClock} gave a clock. */
    default void pluginRan(ExtensionPoint point, PluginName plugin, long nanos) {}

    /** Returns what counts the load of {@code request} at {@code endpoint}, which it is about to be sent to. */
    default LoadMeter loadOf(InferenceRequest request, Endpoint endpoint) {
        return LoadMeter.NONE;
    }

    /** A data producer failed; the request goes on without its data. */
    default void producerFailed(DataProducer producer, Throwable cause) {}

    /**
     * A request goes to an endpoint that was sent the first of its blocks before.
     *
     * @param matchedBlocks how many
     * @param blocks those of the whole prompt, at least 1
     * @param matchedBytes about how long the matched ones are
     */
    default void prefixMatched(
            String pluginName, String pluginType, int matchedBlocks, int blocks, long matchedBytes) {}

    /**
     * A model server reported how much of a prompt it had cached.
     *
     * @param predictedTokens those of the prompt that were taken to be cached
     * @param cachedTokens those that were
     * @param droppedBlocks blocks that are no longer taken to be cached for that
     */
    default void prefixReported(
            String pluginName, String pluginType, long predictedTokens, long cachedTokens, int droppedBlocks) {}

    /** A plug-in of {@code pool} remembers what {@code entries} counts, in place of an earlier one of its name. */
    default void prefixIndexMade(String pool, String pluginName, String pluginType, LongSupplier entries) {}

    /** A profile handler has decided which stages of a request run apart: {@code type} names them as llm-d does. */
    default void disaggregated(InferenceRequest request, String pluginName, String pluginType, String type) {}

    /** A filter would have removed {@code ejected} of {@code candidates} endpoints, too many, and was ignored. */
    default void filterIgnored(String filterType, int ejected, int candidates) {}
}
