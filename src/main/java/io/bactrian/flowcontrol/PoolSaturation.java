package io.bactrian.flowcontrol;

import io.bactrian.endpoint.EndpointState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How full a pool is, stage by stage: a pool whose prefill endpoints are full is full, however idle those are that decode.
 *
 * @param prefill of the endpoints that compute prompts for others; empty if there are none
 * @param decode of the endpoints that generate answers; empty if there are none
 * @param effective the higher of the two; of the whole pool if there is neither
 */
public record PoolSaturation(OptionalDouble prefill, OptionalDouble decode, double effective) {

    /** Measures {@code endpoints} by {@code detector}. */
    public static PoolSaturation measure(SaturationDetector detector, List<EndpointState> endpoints) {
        List<EndpointState> prefilling = new ArrayList<>();
        List<EndpointState> decoding = new ArrayList<>(endpoints.size());
        for (EndpointState endpoint : endpoints) {
            if (endpoint.endpoint().role().prefills()) {
                prefilling.add(endpoint);
            }
            if (endpoint.endpoint().role().decodes()) {
                decoding.add(endpoint);
            }
        }
        OptionalDouble prefill = measureStage(detector, prefilling);
        OptionalDouble decode = measureStage(detector, decoding);
        double effective = prefill.isEmpty() && decode.isEmpty()
                ? detector.saturation(endpoints)
                : Math.max(prefill.orElse(0), decode.orElse(0));
        return new PoolSaturation(prefill, decode, effective);
    }

    private static OptionalDouble measureStage(SaturationDetector detector, List<EndpointState> stage) {
        return stage.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(detector.saturation(stage));
    }

    /** Tells whether the pool has no capacity left. */
    public boolean isSaturated() {
        return effective >= 1;
    }
}
