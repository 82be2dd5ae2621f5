package io.bactrian.simulator.engine;

/** How an attempt to read another engine's blocks ends. */
public enum ReadOutcome {
    /** The entries have come over, and the blocks are free. */
    READ,
    /** Nothing was ever offered under this name, or not in time. */
    UNKNOWN,
    /** The lease has run out, before the read or during it. */
    EXPIRED,
    /** Somebody has read the blocks before, or is reading them: they have one consumer. */
    TAKEN
}
