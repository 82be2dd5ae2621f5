package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Map;

/** Chooses which scheduling profiles run for a request, and joins their results. Called by many threads at once. */
public interface ProfileHandler {

    /**
     * Returns the names of the profiles to run next; none when it is time for {@link #conclude}.
     *
     * <p>What a profile should know of another's result is attached to the candidates here.
     *
     * @param results by name, the results of the profiles run so far
     */
    List<String> next(InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results);

    /** Joins the results of the profiles that ran. */
    Decision conclude(InferenceRequest request, Map<String, ProfileResult> results);
}
