package io.bactrian.scheduling;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.request.ErrorCode;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a request goes, or why it goes nowhere. */
public sealed interface Decision {

    /** Name of the result whose endpoint computes the prompt when prefill and decode are apart, whatever its profile is called. */
    String PREFILL_PROFILE = "prefill";

    /** Name of the result whose endpoints encode images, video and sound, whatever its profile is called. */
    String ENCODE_PROFILE = "encode";

    /** A request's attribute: a prefill endpoint was looked for, and none was ready. */
    DataKey<Boolean> PREFILL_MISSING = new DataKey<>("prefill-missing", "disagg-profile-handler");

    /** A request's attribute: whose cached blocks are worth loading for whoever computes its prompt; absent for nobody's. */
    DataKey<Endpoint> CACHE_SOURCE = new DataKey<>("kv-cache-source", "p2p-source-producer");

    /** Header that names the prefill endpoint to a sidecar at the decode endpoint: {@code host:port}. */
    String PREFILLER_HEADER = "x-prefiller-host-port";

    /** Header that names the encode endpoints to a sidecar: {@code host:port}, separated by commas. */
    String ENCODERS_HEADER = "x-encoder-hosts-ports";

    /** Header that names to a sidecar whose cached blocks are to be loaded: {@code host:port}. */
    String CACHE_SOURCE_HEADER = "x-kv-cache-source-host-port";

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

        /** Returns the endpoint that computes the prompt for another; null if the one that answers does so itself. */
        public @Nullable EndpointState prefillEndpoint() {
            ProfileResult.Picked prefill =
                    primaryProfile.equals(PREFILL_PROFILE) ? null : profiles.get(PREFILL_PROFILE);
            return prefill == null ? null : prefill.endpoints().get(0);
        }

        /** Returns this decision with the endpoint that answers computing the prompt, and nobody else. */
        public Picked withoutPrefill() {
            Map<String, ProfileResult.Picked> others = new HashMap<>(profiles);
            others.remove(PREFILL_PROFILE);
            return new Picked(primaryProfile, others, route == null ? null : route.without(PREFILLER_HEADER));
        }

        /** Returns this decision with the way to the primary endpoint naming {@code source}, whose cached blocks are loaded; null for nobody. */
        Picked loadingFrom(@Nullable Endpoint source) {
            if (source == null) {
                return route == null || !route.headers().containsKey(CACHE_SOURCE_HEADER)
                        ? this
                        : new Picked(primaryProfile, profiles, route.without(CACHE_SOURCE_HEADER));
            }
            Map<String, String> headers = new HashMap<>(route == null ? Map.of() : route.headers());
            headers.put(CACHE_SOURCE_HEADER, source.hostPort());
            InetSocketAddress address = route == null ? endpoint().endpoint().address() : route.address();
            return new Picked(primaryProfile, profiles, new Route(address, headers));
        }

        /** Returns the endpoints that encode images, video and sound; none if that is not done apart. */
        public List<EndpointState> encodeEndpoints() {
            ProfileResult.Picked encode = primaryProfile.equals(ENCODE_PROFILE) ? null : profiles.get(ENCODE_PROFILE);
            return encode == null ? List.of() : encode.endpoints();
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

        /** Returns this route without header {@code name}. */
        public Route without(String name) {
            Map<String, String> others = new HashMap<>(headers);
            others.remove(name);
            return new Route(address, others);
        }
    }

    /**
     * Nobody can serve the request.
     *
     * @param droppedReason the value of {@code x-llm-d-request-dropped-reason}
     */
    record Refused(ErrorCode code, String message, String droppedReason) implements Decision {}
}
