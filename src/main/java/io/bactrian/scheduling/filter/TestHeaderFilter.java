package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Keeps the endpoints that a request header lists, in its order: for conformance tests of gateways, and nothing else. */
final class TestHeaderFilter implements Filter {
    private static final String HEADER = "test-epp-endpoint-selection";

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        Set<EndpointState> kept = new LinkedHashSet<>();
        for (String item : request.header(HEADER).split(",", -1)) {
            String wanted = item.strip();
            candidates.stream()
                    .filter(candidate -> isMeant(wanted, candidate))
                    .findFirst()
                    .ifPresent(kept::add);
        }
        return List.copyOf(kept);
    }

    private static boolean isMeant(String wanted, EndpointState candidate) {
        String host = candidate.endpoint().address().getHostString();
        return !wanted.isEmpty()
                && (wanted.equals(host)
                        || wanted.equals("[" + host + "]")
                        || wanted.equals(candidate.endpoint().hostPort())
                        || wanted.equals("[" + host + "]:"
                                + candidate.endpoint().address().getPort()));
    }
}
