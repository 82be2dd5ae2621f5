package io.bactrian.scheduling.session;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Knows which endpoint a request's session is pinned to. Safe between threads. */
interface SessionPins {

    /** Reads the parameters that filter and scorer share. */
    static SessionPins create(PluginParameters parameters, PluginServices services) {
        String strategy = parameters.text("strategy", "encoded_endpoint_header");
        PluginParameters encoded = parameters.object("encodedEndpointHeaderConfig");
        PluginParameters sessionId = parameters.object("sessionIdConfig");
        String profile = parameters.text("profileName", "");
        String header = encoded.text("header", "x-session-token");
        PinCode code = PinCode.create(encoded, services.pool().name());
        SessionBindings bindings = SessionBindings.create(sessionId, profile, services.clock());
        return switch (strategy) {
            case "encoded_endpoint_header" -> new EncodedEndpointPins(header, profile, code);
            case "session_id" -> bindings;
            default -> throw parameters.wrong("strategy", strategy, "encoded_endpoint_header or session_id");
        };
    }

    /** Returns the id of the endpoint that {@code request} is pinned to, as {@link Endpoint#id} gives it; empty if none. */
    String pinOf(InferenceRequest request);

    /** Returns what pins the session of {@code request} to the endpoint that will be chosen. */
    RequestListener follow(InferenceRequest request, List<EndpointState> candidates);

    /** Returns the endpoint that {@code profile} chose, the primary profile for an empty name; null if it did not run. */
    static @Nullable EndpointState chosen(Decision.Picked decision, String profile) {
        if (profile.isEmpty()) {
            return decision.endpoint();
        }
        ProfileResult.Picked result = decision.profiles().get(profile);
        return result == null ? null : result.endpoints().get(0);
    }
}
