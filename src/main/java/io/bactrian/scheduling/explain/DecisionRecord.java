package io.bactrian.scheduling.explain;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.PromptTokens;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.DecisionTrace;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * One decision, as small as it can be told again. Holds no word of the request but its id.
 *
 * @param requestId the request's name
 * @param pool the pool that was chosen from; empty if it had no endpoint
 * @param generation which of the pool's configurations decided
 * @param decidedAt when the request looked at the pool; the epoch if it had no endpoint
 * @param candidates the endpoints that were decided over
 * @param promptTokens how many tokens the prompt was taken to have
 * @param tokensFrom who counted them, and why not somebody better
 * @param primaryProfile the profile whose first endpoint answers; empty if the request was refused
 * @param refusal why nobody was chosen; empty if somebody was
 * @param profiles what the profiles that ran came to
 */
public record DecisionRecord(
        String requestId,
        String pool,
        long generation,
        Instant decidedAt,
        int candidates,
        int promptTokens,
        String tokensFrom,
        String primaryProfile,
        String refusal,
        List<ProfileRecord> profiles) {

    static DecisionRecord of(DecisionTrace trace) {
        List<EndpointState> candidates = trace.candidates();
        List<ProfileRecord> profiles = new ArrayList<>(trace.results().size());
        trace.results().forEach((name, result) -> profiles.add(new ProfileRecord(name, result)));
        PromptTokens counted = trace.request().context().promptTokens();
        return new DecisionRecord(
                trace.request().id(),
                candidates.isEmpty() ? "" : candidates.get(0).endpoint().pool(),
                trace.generation(),
                candidates.isEmpty() ? Instant.EPOCH : candidates.get(0).seenAt(),
                candidates.size(),
                trace.request().promptTokens(),
                counted == null ? PromptTokens.ESTIMATE : counted.source(),
                trace.decision() instanceof Decision.Picked picked ? picked.primaryProfile() : "",
                trace.decision() instanceof Decision.Refused refused ? refused.message() : "",
                profiles);
    }
}
