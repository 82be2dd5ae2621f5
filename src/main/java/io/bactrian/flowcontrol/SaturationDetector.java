package io.bactrian.flowcontrol;

import io.bactrian.endpoint.EndpointState;
import java.util.List;

/** Measures how full endpoints are. Called by many threads at once. */
public interface SaturationDetector {

    /**
     * Returns the fraction of the capacity of {@code endpoints} that is in use; 1 means that more had better wait
     * elsewhere, and it may be more than 1. Nobody has no capacity: 1.
     */
    double saturation(List<EndpointState> endpoints);

    /** Returns how many of {@code endpoints} have not reported for so long that nothing is known of their load. */
    default int stale(List<EndpointState> endpoints) {
        return 0;
    }
}
