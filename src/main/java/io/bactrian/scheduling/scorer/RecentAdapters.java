package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The adapters each endpoint was sent last, as many as it has places: it most likely still has them loaded, though its report
 * names only those that requests use at the moment. Safe between threads.
 */
final class RecentAdapters {
    private final Map<String, Set<String>> byEndpoint =
            new ConcurrentHashMap<>(); // by id, the oldest first; never changed

    /** Returns the adapters that {@code endpoint} was sent last. */
    Set<String> of(Endpoint endpoint) {
        return byEndpoint.getOrDefault(endpoint.id(), Set.of());
    }

    /** Notes that {@code endpoint}, which has so many {@code places}, is sent a request for {@code adapter}. */
    void note(Endpoint endpoint, String adapter, int places) {
        byEndpoint.compute(endpoint.id(), (id, old) -> {
            Set<String> recent = new LinkedHashSet<>(old == null ? Set.of() : old);
            recent.remove(adapter);
            recent.add(adapter);
            while (recent.size() > places) {
                recent.remove(recent.iterator().next());
            }
            return recent;
        });
    }

    /** Forgets endpoints that are gone, which is looked for only when more are remembered than there are. */
    void forgetAllBut(List<EndpointState> present) {
        if (byEndpoint.size() > 2 * present.size()) {
            byEndpoint.keySet().removeIf(id -> present.stream()
                    .noneMatch(candidate -> candidate.endpoint().id().equals(id)));
        }
    }
}
