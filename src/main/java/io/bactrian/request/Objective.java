package io.bactrian.request;

/**
 * What a request is promised.
 *
 * @param name the objective the client named; empty if none
 * @param priority a higher one goes first; a negative one is sheddable
 * @param fairnessId whom the request is counted to among those of its priority
 */
public record Objective(String name, int priority, String fairnessId) {

    /** Whom requests are counted to that do not say so. */
    public static final String DEFAULT_FAIRNESS_ID = "default-flow";

    /** Nothing: priority 0, counted to nobody in particular. */
    public static final Objective NONE = new Objective("", 0, DEFAULT_FAIRNESS_ID);

    /** Tells whether the request may be dropped to keep others served. */
    public boolean isSheddable() {
        return priority < 0;
    }
}
