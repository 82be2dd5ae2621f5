package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a request goes, or why it goes nowhere. */
public sealed interface Decision {

    /** Name of the profile whose endpoint computes the prompt when prefill and decode are apart. */
    String PREFILL_PROFILE = "prefill";

    /** {@code x-llm-d-request-dropped-reason} when the pool has no endpoint for the request at all. */
    String NO_ENDPOINTS = "rejected-no-endpoints";

    /** {@code x-llm-d-request-dropped-reason} when every endpoint was filtered out. */
    String SATURATED = "rejected-saturated";

    /**
     * Endpoints were chosen.
     *
     * @param primaryProfile the profile whose endpoints answer the client
     * @param profiles by name, the result of each profile that takes part
     * @param route how the request reaches the primary endpoint, where that is not its own address; else null
     */
    record Picked(
            String primaryProfile,
            Map<String, ProfileResult.Picked> profiles,
            @Nullable Route route) implements Decision {

        /** Endpoints that are reached at their own addresses. */
        public Picked(String primaryProfile, Map<String, ProfileResult.Picked> profiles) {
            this(primaryProfile, profiles, null);
        }

        public Picked {
            profiles = Map.copyOf(profiles);
            if (!profiles.containsKey(primaryProfile)) {
                throw new IllegalArgumentException(
                        "primaryProfile: " + primaryProfile + " (expected: one of " + profiles.keySet() + ")");
            }
        }

        /** Returns the primary profile's result. */
        public ProfileResult.Picked primary() {
            return Objects.requireNonNull(profiles.get(primaryProfile));
        }

        /** Returns the primary profile's endpoints, the first choice first. */
        public List<EndpointState> endpoints() {
            return primary().endpoints();
        }

        /** Returns the endpoint that is to answer the client. */
        public EndpointState endpoint() {
            return endpoints().get(0);
        }
    }

    /**
     * A way to the primary endpoint.
     *
     * @param address where the request is sent
     * @param headers what it carries beside the client's headers
     */
    record Route(InetSocketAddress address, Map<String, String> headers) {
        public Route {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * Nobody can serve the request.
     *
     * @param droppedReason the value of {@code x-llm-d-request-dropped-reason}
     */
    record Refused(ErrorCode code, String message, String droppedReason) implements Decision {}
}
