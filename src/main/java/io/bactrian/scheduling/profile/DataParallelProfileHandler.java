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

    private final SingleProfileHandler single;
    private final int primaryPort;

    private DataParallelProfileHandler(SingleProfileHandler single, int primaryPort) {
        this.single = single;
        this.primaryPort = primaryPort;
    }

    static ProfileHandler create(List<String> profiles, PluginParameters parameters, PluginServices services) {
        return new DataParallelProfileHandler(
                SingleProfileHandler.create(profiles, TYPE), parameters.integer("primaryPort", 8000, 1, 65_535));
    }

    @Override
    public List<String> next(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        return single.next(request, candidates, results);
    }

    @Override
    public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
        Decision decision = single.conclude(request, results);
        if (decision instanceof Decision.Picked picked) {
            Endpoint rank = picked.endpoint().endpoint();
            Decision.Route route = new Decision.Route(
                    new InetSocketAddress(rank.address().getAddress(), primaryPort), Map.of(HEADER, rank.hostPort()));
            return new Decision.Picked(picked.primaryProfile(), picked.profiles(), route);
        }
        return decision;
    }
}
