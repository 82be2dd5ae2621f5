package io.bactrian.scheduling.profile;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.SchedulingObserver;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs the profiles of a request's stages: decode, and where their deciders say so encode and prefill. A stage that is not run, or
 * finds no endpoint, is left out, and the endpoint that answers does its work.
 *
 * <p>The route to that endpoint carries the headers by which a sidecar there knows the others.
 */
final class DisaggregationHandler implements ProfileHandler {
    private static final String DATA_PARALLEL_HEADER = "x-data-parallel-host-port";

    private static final Decision.Refused NO_DECODE =
            new Decision.Refused(ErrorCode.SATURATED, "failed to find available decode workers", Decision.SATURATED);

    private final DisaggregationSetup setup;
    private final SchedulingObserver observer;

    DisaggregationHandler(DisaggregationSetup setup, SchedulingObserver observer) {
        this.setup = setup;
        this.observer = observer;
    }

    @Override
    public List<String> next(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        return setup.prefillFirst()
                ? nextPrefillFirst(request, candidates, results)
                : nextDecodeFirst(request, candidates, results);
    }

    private List<String> nextDecodeFirst(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        if (results.isEmpty()) {
            request.attributes().remove(EndpointState.PEER); // of a choice that came to nothing
            return List.of(setup.decodeProfile());
        }
        EndpointState decode = first(results, setup.decodeProfile());
        if (decode == null) {
            return List.of();
        }
        if (encodes(request, decode, candidates, results)) {
            return List.of(setup.encodeProfile());
        }
        String prefill = setup.prefillProfile();
        if (prefill != null
                && !results.containsKey(prefill)
                && setup.prefillDecider() != null
                && setup.prefillDecider().splits(request, decode, candidates)) {
            request.attributes().put(EndpointState.PEER, decode);
            return List.of(prefill);
        }
        return List.of();
    }

    private List<String> nextPrefillFirst(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        String prefill = setup.prefillProfile();
        if (prefill != null && results.isEmpty()) {
            request.attributes().remove(EndpointState.PEER);
            return List.of(prefill);
        }
        if (results.containsKey(setup.decodeProfile())) {
            return List.of();
        }
        if (encodes(request, null, candidates, results)) {
            return List.of(setup.encodeProfile());
        }
        EndpointState peer = prefill == null ? null : first(results, prefill);
        if (peer != null) {
            request.attributes().put(EndpointState.PEER, peer);
        }
        return List.of(setup.decodeProfile());
    }

    private boolean encodes(
            InferenceRequest request,
            @Nullable EndpointState decode,
            List<EndpointState> candidates,
            Map<String, ProfileResult> results) {
        return setup.encodeProfile() != null
                && !results.containsKey(setup.encodeProfile())
                && setup.encodeDecider() != null
                && setup.encodeDecider().splits(request, decode, candidates);
    }

    private static @Nullable EndpointState first(Map<String, ProfileResult> results, String profile) {
        return results.get(profile) instanceof ProfileResult.Picked picked
                ? picked.endpoints().get(0)
                : null;
    }

    @Override
    public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
        if (!(results.get(setup.decodeProfile()) instanceof ProfileResult.Picked decode)) {
            return NO_DECODE;
        }
        Map<String, ProfileResult.Picked> stages = new HashMap<>();
        stages.put(setup.decodeProfile(), decode);
        ProfileResult.Picked prefill = stage(results, setup.prefillProfile());
        // One that computes its own prompt splits nothing.
        if (prefill != null && prefill.endpoints().get(0) != decode.endpoints().get(0)) {
            stages.put(Decision.PREFILL_PROFILE, prefill);
        }
        boolean missing =
                setup.prefillProfile() != null && results.get(setup.prefillProfile()) instanceof ProfileResult.Refused;
        request.attributes().put(Decision.PREFILL_MISSING, missing);
        ProfileResult.Picked encode = stage(results, setup.encodeProfile());
        if (encode != null) {
            stages.put(Decision.ENCODE_PROFILE, encode);
        }
        observer.disaggregated(request, setup.pluginName(), setup.pluginType(), typeOf(stages));
        return new Decision.Picked(setup.decodeProfile(), stages, route(decode, stages));
    }

    private static ProfileResult.@Nullable Picked stage(Map<String, ProfileResult> results, @Nullable String profile) {
        return profile != null && results.get(profile) instanceof ProfileResult.Picked picked ? picked : null;
    }

    private static String typeOf(Map<String, ProfileResult.Picked> stages) {
        boolean prefill = stages.containsKey(Decision.PREFILL_PROFILE);
        if (stages.containsKey(Decision.ENCODE_PROFILE)) {
            return prefill ? "encode-prefill-decode" : "encode-decode";
        }
        return prefill ? "prefill-decode" : "decode-only";
    }

    private Decision.@Nullable Route route(ProfileResult.Picked decode, Map<String, ProfileResult.Picked> stages) {
        Endpoint endpoint = decode.endpoints().get(0).endpoint();
        InetSocketAddress address = endpoint.address();
        Map<String, String> headers = new HashMap<>();
        if (setup.primaryPort() > 0) {
            address = new InetSocketAddress(address.getAddress(), setup.primaryPort());
            headers.put(DATA_PARALLEL_HEADER, endpoint.hostPort());
        }
        ProfileResult.Picked prefill = stages.get(Decision.PREFILL_PROFILE);
        if (prefill != null) {
            headers.put(
                    Decision.PREFILLER_HEADER,
                    prefill.endpoints().get(0).endpoint().hostPort());
        }
        ProfileResult.Picked encode = stages.get(Decision.ENCODE_PROFILE);
        if (encode != null) {
            headers.put(
                    Decision.ENCODERS_HEADER,
                    encode.endpoints().stream()
                            .map(state -> state.endpoint().hostPort())
                            .collect(Collectors.joining(",")));
        }
        return headers.isEmpty() ? null : new Decision.Route(address, headers);
    }
}
