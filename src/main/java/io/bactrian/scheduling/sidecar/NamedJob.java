package io.bactrian.scheduling.sidecar;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.scheduling.Decision;
import org.jspecify.annotations.Nullable;

/** What a request's headers want of an endpoint. */
public enum NamedJob {
    /** To answer: the engine beside us. */
    DECODE("decode"),
    /** To compute the prompt, if it is the first choice of those that are named for that. */
    PREFILL(Decision.PREFILL_PROFILE),
    /** To encode some of the images, video and sound. */
    ENCODE(Decision.ENCODE_PROFILE);

    /** A request's attribute: the data-parallel rank that its engine is to run it on. */
    public static final DataKey<String> RANK = new DataKey<>("data-parallel-rank", "");

    private static final DataKey<NamedJob> KEY = new DataKey<>("named-job", "");

    private final String profile;

    NamedJob(String profile) {
        this.profile = profile;
    }

    /** Returns the name of the scheduling profile that chooses who does this. */
    String profile() {
        return profile;
    }

    /** Gives {@code endpoint} this to do. */
    public EndpointState assign(EndpointState endpoint) {
        endpoint.put(KEY, this);
        return endpoint;
    }

    static @Nullable NamedJob of(EndpointState endpoint) {
        return endpoint.get(KEY);
    }
}
