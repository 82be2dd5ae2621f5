package io.bactrian.config;

import io.bactrian.scheduling.PluginParameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The types of plug-ins of llm-d that wait for a capability, each with the parameters it takes. */
final class WaitingPlugins {
    private static final Map<String, WaitingPlugin> BY_TYPE = new LinkedHashMap<>();

    static {
        wait(
                "disaggregatedset-rollout-screener",
                Capability.KUBERNETES,
                "scope:object",
                "headerSelectors:objects",
                "revisionGating:object");
        wait(
                "token-producer",
                Capability.TOKENIZER,
                "modelName:text",
                "estimate:object",
                "vllm:object",
                "udsTokenizerConfig:object");
        wait(
                "tokenizer",
                Capability.TOKENIZER,
                "modelName:text",
                "estimate:object",
                "vllm:object",
                "udsTokenizerConfig:object");
        wait(
                "multicluster-approx-prefix-cache-producer",
                Capability.MULTICLUSTER,
                "autoTune:flag",
                "blockSizeTokens:number",
                "blockSize:number",
                "maxPrefixTokensToMatch:number",
                "maxPrefixBlocksToMatch:number",
                "lruCapacityPerServer:number");
        wait(
                "precise-prefix-cache-producer",
                Capability.PRECISE_PREFIX_CACHE,
                "tokenProcessorConfig:object",
                "indexerConfig:object",
                "kvEventsConfig:object",
                "speculativeIndexing:flag",
                "speculativeTTL:text");
        wait(
                "precise-prefix-cache-scorer",
                Capability.PRECISE_PREFIX_CACHE,
                "tokenProcessorConfig:object",
                "indexerConfig:object",
                "kvEventsConfig:object",
                "speculativeIndexing:flag",
                "speculativeTTL:text");
        wait(
                "burst-prefix-cache-producer",
                Capability.BURST_CO_LOCATION,
                "windowDurationMs:number",
                "maxPerReplica:number",
                "blockSizeTokens:number",
                "maxPrefixTokensToMatch:number",
                "minColocateBlocks:number",
                "maxBatchSize:number",
                "balanceBy:text");
        wait(
                "p2p-source-producer",
                Capability.PEER_TO_PEER_CACHE,
                "prefixMatchInfoProducerName:text",
                "minCachedTokenDelta:number",
                "prefillProfileName:text");
        wait("mm-embeddings-cache-producer", Capability.MULTIMODAL, "cacheSizeInMBPerServer:number");
        wait("mm-embeddings-cache-scorer", Capability.MULTIMODAL, "producerName:text");
        wait(
                "predicted-latency-producer",
                Capability.LATENCY_PREDICTION,
                "sloBufferFactor:number",
                "contextTTL:any",
                "streamingMode:flag",
                "endpointRoleLabel:text",
                "predictInProduce:flag",
                "useEncoderCacheFeatures:flag",
                "prefixMatchInfoProducerName:text",
                "inFlightLoadProducerName:text",
                "encoderCacheMatchInfoProducerName:text",
                "samplingMean:number",
                "maxDecodeTokenSamplesForPrediction:number");
        wait("latency-slo-admitter", Capability.LATENCY_PREDICTION, "latencyPredictionInfoProducerName:text");
        wait(
                "latency-scorer",
                Capability.LATENCY_PREDICTION,
                "ttftWeight:number",
                "tpotWeight:number",
                "headroomSelectionStrategy:text",
                "compositeKVWeight:number",
                "compositeQueueWeight:number",
                "compositePrefixWeight:number",
                "latencyPredictionInfoProducerName:text",
                "prefixMatchInfoProducerName:text");
        wait(
                "slo-headroom-tier-filter",
                Capability.LATENCY_PREDICTION,
                "epsilonExploreNeg:number",
                "latencyPredictionInfoProducerName:text");
        wait(
                "disagg-profile-handler",
                Capability.DISAGGREGATION,
                "stageOrder:text",
                "profiles:object",
                "deciders:object",
                "decodeProfile:text",
                "prefillProfile:text",
                "encodeProfile:text",
                "prefillDeciderPluginName:text",
                "deciderPluginName:text",
                "encodeDeciderPluginName:text");
        wait(
                "pd-profile-handler",
                Capability.DISAGGREGATION,
                "decodeProfile:text",
                "prefillProfile:text",
                "deciderPluginName:text",
                "primaryPort:number");
        wait("disagg-headers-handler", Capability.DISAGGREGATION, "prefillProfile:text", "encodeProfile:text");
        wait("prefill-header-handler", Capability.DISAGGREGATION, "prefillProfile:text");
        wait("always-disagg-pd-decider", Capability.DISAGGREGATION);
        wait(
                "prefix-based-pd-decider",
                Capability.DISAGGREGATION,
                "nonCachedTokens:number",
                "promptTokens:number",
                "prefixMatchInfoProducerName:text");
        wait("always-disagg-multimodal-decider", Capability.DISAGGREGATION);
        wait(
                "multicluster-session-affinity-filter",
                Capability.MULTICLUSTER,
                "strategy:text",
                "encodedEndpointHeaderConfig:object",
                "sessionIdConfig:object",
                "profileName:text");
        wait("multicluster-queue-scorer", Capability.MULTICLUSTER);
        wait("multicluster-kv-cache-utilization-scorer", Capability.MULTICLUSTER);
        wait(
                "multicluster-prefix-cache-scorer",
                Capability.MULTICLUSTER,
                "prefixMatchInfoProducerName:text",
                "matchLengthWeight:number",
                "matchLengthScaleTokens:number");
        wait("global-strict-fairness-policy", Capability.FLOW_CONTROL);
        wait("round-robin-fairness-policy", Capability.FLOW_CONTROL);
        wait(
                "program-aware-fairness",
                Capability.FLOW_CONTROL,
                "strategy:text",
                "evictionTtlSeconds:number",
                "evictionSweepSeconds:number",
                "lasWeightService:number",
                "lasWeightHeadWait:number",
                "lasHalfLifeSeconds:number");
        wait("fcfs-ordering-policy", Capability.FLOW_CONTROL);
        wait("edf-ordering-policy", Capability.FLOW_CONTROL);
        wait("slo-deadline-ordering-policy", Capability.FLOW_CONTROL);
        wait("static-usage-limit-policy", Capability.FLOW_CONTROL, "threshold:number");
        wait(
                "priority-holdback-policy",
                Capability.FLOW_CONTROL,
                "shape:text",
                "domain:text",
                "minCeiling:number",
                "maxCeiling:number");
        wait("soft-reflective-ceiling-policy", Capability.FLOW_CONTROL);
        wait("sheddable-eviction-filter", Capability.FLOW_CONTROL);
        wait("priority-then-time-eviction-order-policy", Capability.FLOW_CONTROL);
        wait("anthropic-parser", Capability.OTHER_APIS);
        wait("vllmhttp-parser", Capability.OTHER_APIS);
        wait("vllmgrpc-parser", Capability.OTHER_APIS);
        wait("sglanghttp-parser", Capability.OTHER_APIS);
        wait("vertexai-parser", Capability.OTHER_APIS);
        wait("passthrough-parser", Capability.OTHER_APIS);
        wait("request-attribute-reporter", Capability.REQUEST_ATTRIBUTES, "attributes:objects");
        wait("destination-endpoint-served-verifier", Capability.OTHER_APIS);
        wait(
                "metrics-data-source",
                Capability.DATA_LAYER,
                "scheme:text",
                "path:text",
                "port:any",
                "insecureSkipVerify:flag",
                "caCertPath:text",
                "clientCertPath:text",
                "clientKeyPath:text",
                "interval:text");
        wait(
                "core-metrics-extractor",
                Capability.DATA_LAYER,
                "engineLabelKey:text",
                "defaultEngine:text",
                "engineConfigs:objects");
        wait(
                "multicluster-metrics-data-source",
                Capability.MULTICLUSTER,
                "scheme:text",
                "path:text",
                "port:any",
                "insecureSkipVerify:flag",
                "caCertPath:text",
                "clientCertPath:text",
                "clientKeyPath:text",
                "interval:text");
        wait("multicluster-metrics-extractor", Capability.MULTICLUSTER);
        wait(
                "models-data-source",
                Capability.DATA_LAYER,
                "scheme:text",
                "path:text",
                "insecureSkipVerify:flag",
                "caCertPath:text",
                "clientCertPath:text",
                "clientKeyPath:text",
                "interval:text");
        wait("models-data-extractor", Capability.DATA_LAYER);
        wait(
                "dcgm-data-source",
                Capability.DATA_LAYER,
                "scheme:text",
                "port:any",
                "path:text",
                "insecureSkipVerify:flag",
                "useNodeAddress:flag",
                "interval:text");
        wait("dcgm-extractor", Capability.DATA_LAYER);
        wait("k8s-notification-source", Capability.KUBERNETES, "group:text", "version:text", "kind:text");
        wait("endpoint-notification-source", Capability.DATA_LAYER);
        wait("file-discovery", Capability.FILE_DISCOVERY, "path:text", "watchFile:flag");
        wait("multicluster-file-discovery", Capability.MULTICLUSTER, "path:text", "watchFile:flag");
    }

    private WaitingPlugins() {}

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

    private static void wait(String type, Capability capability, String... parameters) {
        BY_TYPE.put(type, new WaitingPlugin(capability, List.of(parameters)));
    }

    /** Returns the types. */
    static Set<String> types() {
        return BY_TYPE.keySet();
    }

    /** Returns the plug-in of {@code type}, or null. */
    static @org.jspecify.annotations.Nullable WaitingPlugin find(String type) {
        return BY_TYPE.get(type);
    }
}
