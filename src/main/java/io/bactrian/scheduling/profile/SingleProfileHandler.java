package io.bactrian.scheduling.profile;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import java.util.List;
import java.util.Map;

/** Runs the only profile once; its result is the decision. */
final class SingleProfileHandler implements ProfileHandler {
    static final String TYPE = "single-profile-handler";

    private final String profile;

    SingleProfileHandler(String profile) {
        this.profile = profile;
    }

    /** Makes one for a plug-in of {@code type}, which has one profile only. */
    static SingleProfileHandler create(List<String> profiles, String type) {
        if (profiles.size() != 1) {
            throw new IllegalArgumentException(
                    "schedulingProfiles: " + profiles + " (expected: exactly one with " + type + ")");
        }
        return new SingleProfileHandler(profiles.get(0));
    }

    @Override
    public List<String> next(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        return results.isEmpty() ? List.of(profile) : List.of();
    }

    @Override
    public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
        ProfileResult result = results.get(profile);
        if (result == null) {
            throw new IllegalStateException("profile " + profile + " has not run");
        }
        return result.asDecision(profile);
    }
}
