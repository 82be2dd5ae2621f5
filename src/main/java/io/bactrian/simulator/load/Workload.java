package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * Requests and the moments at which they are to be sent.
 *
 * @param name says where it comes from
 * @param requests in the order of sending
 */
public record Workload(String name, List<WorkloadRequest> requests) {
    public Workload {
        requests = requests.stream()
                .sorted(Comparator.comparing(WorkloadRequest::sendAt))
                .toList();
    }

    /** Returns what is due from {@code start} on, which becomes its beginning. */
    public Workload from(Duration start) {
        return new Workload(
                name,
                requests.stream()
                        .filter(request -> request.sendAt().compareTo(start) >= 0)
                        .map(request -> new WorkloadRequest(
                                request.sendAt().minus(start),
                                request.blocks(),
                                request.outputTokens(),
                                request.model()))
                        .toList());
    }

    /** Returns the time from the start to the last request. */
    public Duration span() {
        return requests.isEmpty()
                ? Duration.ZERO
                : requests.get(requests.size() - 1).sendAt();
    }
}
