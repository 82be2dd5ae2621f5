package io.bactrian.engine;

import io.bactrian.request.DataKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model server's metrics are called. What a server does not show is null.
 *
 * @param load how busy it is
 * @param cache how large its KV cache is
 * @param loraInfo a metric whose labels name the LoRA adapters, and whose value is the time they did
 * @param custom metrics that only the configuration knows, by the keys it gives them
 */
public record MetricMapping(
        Load load, Cache cache, @Nullable MetricSpec loraInfo, Map<DataKey<Double>, MetricSpec> custom) {

    public MetricMapping {
        custom = Map.copyOf(custom);
    }

    /**
     * How busy a model server is.
     *
     * @param waitingRequests gauge of the requests in its queue
     * @param runningRequests gauge of the requests in its running batch
     * @param kvCacheUsage gauge of the share of KV blocks in use, 0 to 1
     */
    public record Load(
            @Nullable MetricSpec waitingRequests,
            @Nullable MetricSpec runningRequests,
            @Nullable MetricSpec kvCacheUsage) {}

    /**
     * How large its KV cache is: told by the labels of one metric, or by the values of two.
     *
     * @param info a metric whose labels describe the KV cache
     * @param blockSizeLabel its label for the tokens in one KV block; empty for none
     * @param blocksLabel its label for the number of KV blocks; empty for none
     * @param blockSize gauge of the tokens in one KV block
     * @param blocks gauge of the number of KV blocks
     */
    public record Cache(
            @Nullable MetricSpec info,
            String blockSizeLabel,
            String blocksLabel,
            @Nullable MetricSpec blockSize,
            @Nullable MetricSpec blocks) {

        /** Of a server that does not tell. */
        static final Cache UNKNOWN = new Cache(null, "", "", null, null);
    }
}
