package io.bactrian.config;

import io.bactrian.scheduling.PluginParameters;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of plug-ins of llm-d that wait for a capability, each with the parameters it takes. */
final class WaitingPlugins {

    /** Each line: type, the capability it waits for, and its parameters with their kinds. */
    private static final String TABLE = """
            disaggregatedset-rollout-screener | KUBERNETES | scope:object headerSelectors:objects \
                revisionGating:object
            multicluster-approx-prefix-cache-producer | MULTICLUSTER | autoTune:flag blockSizeTokens:number \
                blockSize:number maxPrefixTokensToMatch:number maxPrefixBlocksToMatch:number \
                lruCapacityPerServer:number
            precise-prefix-cache-producer | PRECISE_PREFIX_CACHE | tokenProcessorConfig:object indexerConfig:object \
                kvEventsConfig:object speculativeIndexing:flag speculativeTTL:text
            precise-prefix-cache-scorer | PRECISE_PREFIX_CACHE | tokenProcessorConfig:object indexerConfig:object \
                kvEventsConfig:object speculativeIndexing:flag speculativeTTL:text
            burst-prefix-cache-producer | BURST_CO_LOCATION | windowDurationMs:number maxPerReplica:number \
                blockSizeTokens:number maxPrefixTokensToMatch:number minColocateBlocks:number maxBatchSize:number \
                balanceBy:text
            predicted-latency-producer | LATENCY_PREDICTION | sloBufferFactor:number contextTTL:any streamingMode:flag \
                endpointRoleLabel:text predictInProduce:flag useEncoderCacheFeatures:flag \
                prefixMatchInfoProducerName:text inFlightLoadProducerName:text encoderCacheMatchInfoProducerName:text \
                samplingMean:number maxDecodeTokenSamplesForPrediction:number
            latency-slo-admitter | LATENCY_PREDICTION | latencyPredictionInfoProducerName:text
            latency-scorer | LATENCY_PREDICTION | ttftWeight:number tpotWeight:number headroomSelectionStrategy:text \
                compositeKVWeight:number compositeQueueWeight:number compositePrefixWeight:number \
                latencyPredictionInfoProducerName:text prefixMatchInfoProducerName:text
            slo-headroom-tier-filter | LATENCY_PREDICTION | epsilonExploreNeg:number \
                latencyPredictionInfoProducerName:text
            multicluster-session-affinity-filter | MULTICLUSTER | strategy:text encodedEndpointHeaderConfig:object \
                sessionIdConfig:object profileName:text
            multicluster-queue-scorer | MULTICLUSTER |
            multicluster-kv-cache-utilization-scorer | MULTICLUSTER |
            multicluster-prefix-cache-scorer | MULTICLUSTER | prefixMatchInfoProducerName:text \
                matchLengthWeight:number matchLengthScaleTokens:number
            global-strict-fairness-policy | FLOW_CONTROL |
            round-robin-fairness-policy | FLOW_CONTROL |
            program-aware-fairness | FLOW_CONTROL | strategy:text evictionTtlSeconds:number \
                evictionSweepSeconds:number lasWeightService:number lasWeightHeadWait:number lasHalfLifeSeconds:number
            fcfs-ordering-policy | FLOW_CONTROL |
            edf-ordering-policy | FLOW_CONTROL |
            slo-deadline-ordering-policy | FLOW_CONTROL |
            static-usage-limit-policy | FLOW_CONTROL | threshold:number
            priority-holdback-policy | FLOW_CONTROL | shape:text domain:text minCeiling:number maxCeiling:number
            soft-reflective-ceiling-policy | FLOW_CONTROL |
            sheddable-eviction-filter | FLOW_CONTROL |
            priority-then-time-eviction-order-policy | FLOW_CONTROL |
            vllmgrpc-parser | OTHER_APIS |
            vertexai-parser | OTHER_APIS |
            request-attribute-reporter | REQUEST_ATTRIBUTES | attributes:objects
            multicluster-metrics-data-source | MULTICLUSTER | scheme:text path:text port:any insecureSkipVerify:flag \
                caCertPath:text clientCertPath:text clientKeyPath:text interval:text
            multicluster-metrics-extractor | MULTICLUSTER |
            k8s-notification-source | KUBERNETES | group:text version:text kind:text
            multicluster-file-discovery | MULTICLUSTER | path:text watchFile:flag
            """;

    private static final Map<String, WaitingPlugin> BY_TYPE = read();

    private WaitingPlugins() {}

    private static Map<String, WaitingPlugin> read() {
        Map<String, WaitingPlugin> plugins = new LinkedHashMap<>();
        for (String line : TABLE.lines().toList()) {
            String[] cells = line.split("\\|", -1);
            List<String> parameters = Arrays.stream(cells[2].strip().split("\\s+", -1))
                    .filter(cell -> !cell.isEmpty())
                    .toList();
            plugins.put(cells[0].strip(), new WaitingPlugin(Capability.valueOf(cells[1].strip()), parameters));
        }
        return plugins;
    }

    /**
     * A plug-in that this build does not have.
     *
     * @param parameters names and kinds, each as {@code name:kind}
     */
    record WaitingPlugin(Capability capability, List<String> parameters) {

        /** Checks names and kinds of {@code given}; throws IllegalArgumentException naming path, value and expectation. */
        void check(PluginParameters given) {
            for (String parameter : parameters) {
                String name = parameter.substring(0, parameter.indexOf(':'));
                switch (parameter.substring(name.length() + 1)) {
                    case "text" -> given.text(name, "");
                    case "number" -> given.number(name, 0, -Double.MAX_VALUE, Double.MAX_VALUE);
                    case "flag" -> given.flag(name, false);
                    case "object" -> given.requireObject(name);
                    case "objects" -> given.requireObjects(name);
                    default -> given.any(name);
                }
            }
            given.rejectUnread();
        }
    }

    /** Returns the types. */
    static Set<String> types() {
        return BY_TYPE.keySet();
    }

    /** Returns the plug-in of {@code type}, or null. */
    static @Nullable WaitingPlugin find(String type) {
        return BY_TYPE.get(type);
    }
}
