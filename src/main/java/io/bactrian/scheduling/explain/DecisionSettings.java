package io.bactrian.scheduling.explain;

/**
 * How decisions can be looked up afterwards.
 *
 * @param capacity latest decisions that are kept, at about 1 KB each with four scorers and eight endpoints; 0 for none
 * @param explainHeader whether answers say in {@code x-bactrian-explain} why their endpoint was chosen
 */
public record DecisionSettings(int capacity, boolean explainHeader) {

    /** Minutes of a busy router; no header, as it names endpoints to clients. */
    public static final DecisionSettings DEFAULTS = new DecisionSettings(100_000, false);

    public DecisionSettings {
        if (capacity < 0) {
            throw new IllegalArgumentException("capacity: " + capacity + " (expected: >= 0)");
        }
    }
}
