package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Map;

/**
 * Everything a decision was made of. What it refers to belongs to the request: whoever keeps something copies it.
 *
 * @param generation which of the pool's configurations decided
 * @param candidates the endpoints that were decided over
 * @param results by name, what each profile that ran came to
 */
public record DecisionTrace(
        InferenceRequest request,
        long generation,
        List<EndpointState> candidates,
        Map<String, ProfileResult> results,
        Decision decision) {}
