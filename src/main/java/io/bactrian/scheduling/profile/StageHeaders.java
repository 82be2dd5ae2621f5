package io.bactrian.scheduling.profile;

import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/**
 * Names the stages whose endpoints stand in headers, as configurations of older llm-d releases do. The handler of the stages
 * writes these headers by itself ({@link DisaggregationHandler}), so that nothing is left to do.
 */
record StageHeaders(String prefillProfile, String encodeProfile) {

    /** By {@code type}. */
    static final Map<String, PluginFactory<StageHeaders>> CATALOG = Map.of(
            "disagg-headers-handler",
                    (parameters, services) -> new StageHeaders(
                            parameters.text("prefillProfile", "prefill"), parameters.text("encodeProfile", "encode")),
            "prefill-header-handler",
                    (parameters, services) -> new StageHeaders(parameters.text("prefillProfile", "prefill"), ""));
}
