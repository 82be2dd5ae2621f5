package io.bactrian.flowcontrol;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.function.Supplier;

/**
 * Admission without queues: what is sheddable is refused while the pool is saturated, everything else passes. Safe between
 * threads.
 */
public final class SheddingAdmission {
    private static final Admission GRANTED = new Admission.Granted();
    private static final Admission SHED = new Admission.Refused(
            ErrorCode.SATURATED, "system saturated, sheddable request dropped", "rejected-saturated");

    /**
     * Decides on {@code request}.
     *
     * @param endpoints the pool as it stands; asked for only if it matters
     */
    public Admission admit(
            InferenceRequest request, SaturationDetector detector, Supplier<List<EndpointState>> endpoints) {
        if (!request.objective().isSheddable()) {
            return GRANTED;
        }
        return PoolSaturation.measure(detector, endpoints.get()).isSaturated() ? SHED : GRANTED;
    }
}
