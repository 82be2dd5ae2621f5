package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;
import java.util.random.RandomGenerator;

/** Chooses from the scored candidates. Called by many threads at once, each with its own source of randomness. */
public interface Picker {

    /** Returns the chosen, the first choice first; at least one as there is at least one candidate. */
    List<EndpointState> pick(ScoredCandidates scored, RandomGenerator random);
}
