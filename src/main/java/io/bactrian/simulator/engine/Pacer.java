package io.bactrian.simulator.engine;

/** Moves the sequences of a batch forward in time. */
interface Pacer {

    /** Something may be able to run that could not before. */
    void wake();

    /** Ends: whatever this pacer has scheduled does nothing any more. */
    void stop();
}
