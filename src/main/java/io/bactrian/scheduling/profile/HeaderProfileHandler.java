package io.bactrian.scheduling.profile;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import java.util.List;
import java.util.Map;

/** Runs the profile that a request header names; the only profile if there is one. */
final class HeaderProfileHandler implements ProfileHandler {
    static final String TYPE = "header-profile-handler";

    private final List<String> profiles;
    private final String headerName;
    private final String defaultProfile;

    private HeaderProfileHandler(List<String> profiles, String headerName, String defaultProfile) {
        this.profiles = profiles;
        this.headerName = headerName;
        this.defaultProfile = defaultProfile;
    }

    static HeaderProfileHandler create(List<String> profiles, PluginParameters parameters, PluginServices services) {
        return new HeaderProfileHandler(
                List.copyOf(profiles),
                parameters.text("headerName", "EPP-Profile"),
                parameters.text("defaultProfile", "decode"));
    }

    @Override
    public List<String> next(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        return results.isEmpty() ? List.of(profileFor(request)) : List.of();
    }

    private String profileFor(InferenceRequest request) {
        if (profiles.size() == 1) {
            return profiles.get(0);
        }
        String named = request.header(headerName);
        String profile = named.isEmpty() ? defaultProfile : named;
        if (!profiles.contains(profile)) {
            throw new InferenceException(
                    ErrorCode.BAD_REQUEST, headerName + ": " + profile + " (expected: one of " + profiles + ")");
        }
        return profile;
    }

    @Override
    public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
        Map.Entry<String, ProfileResult> only = results.entrySet().iterator().next();
        return only.getValue().asDecision(only.getKey());
    }
}
