package io.bactrian.scheduling;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import java.util.ArrayList;
import java.util.List;

/**
 * What one filter left of the candidates.
 *
 * @param filter its name
 * @param before candidates it was given
 * @param after candidates it kept
 * @param removed the first few of those it removed
 */
public record FilterVerdict(String filter, int before, int after, List<Endpoint> removed) {
    /** As many as one reads. */
    private static final int MAX_REMOVED = 8;

    static FilterVerdict of(String filter, List<EndpointState> before, List<EndpointState> after) {
        if (before.size() == after.size()) {
            return new FilterVerdict(filter, before.size(), after.size(), List.of());
        }
        List<Endpoint> removed = new ArrayList<>(Math.min(MAX_REMOVED, before.size() - after.size()));
        int kept = 0; // filters keep the order, so that one pass over both is enough
        for (int i = 0; i < before.size() && removed.size() < MAX_REMOVED; i++) {
            if (kept < after.size() && after.get(kept) == before.get(i)) {
                kept++;
            } else if (!after.contains(before.get(i))) {
                removed.add(before.get(i).endpoint());
            }
        }
        return new FilterVerdict(filter, before.size(), after.size(), removed);
    }
}
