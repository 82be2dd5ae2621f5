package io.bactrian.scheduling.profile;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/**
 * Runs the only profile over the ranks of data-parallel model servers, and sends the request to the primary port of the machine
 * whose rank was chosen, naming the rank in a header: for servers that share their ranks' requests out themselves.
 */
final class DataParallelProfileHandler implements ProfileHandler {
    static final String TYPE = "data-parallel-profile-handler";

    private static final String HEADER = "x-data-parallel-host-port";

    private final String profile;
    private final int primaryPort;

    private DataParallelProfileHandler(String profile, int primaryPort) {
        this.profile = profile;
        this.primaryPort = primaryPort;
    }

    static ProfileHandler create(List<String> profiles, PluginParameters parameters, PluginServices services) {
        if (profiles.size() != 1) {
            throw new IllegalArgumentException(
                    "schedulingProfiles: " + profiles + " (expected: exactly one with " + TYPE + ")");
        }
        return new DataParallelProfileHandler(profiles.get(0), parameters.integer("primaryPort", 8000, 1, 65_535));
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
        if (result instanceof ProfileResult.Picked picked) {
            Endpoint rank = picked.endpoints().get(0).endpoint();
            Decision.Route route = new Decision.Route(
                    new InetSocketAddress(rank.address().getAddress(), primaryPort), Map.of(HEADER, rank.hostPort()));
            return new Decision.Picked(profile, Map.of(profile, picked), route);
        }
        return result.asDecision(profile);
    }
}
