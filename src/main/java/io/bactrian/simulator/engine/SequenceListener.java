package io.bactrian.simulator.engine;

/** Learns what becomes of a sequence; called on the engine's thread. */
public interface SequenceListener {

    /** One more token exists: {@link Sequence#generatedTokens()} has grown by one. */
    void tokenGenerated(Sequence sequence);

    /** The sequence has ended with {@link Sequence#finishReason()}; never called for an aborted one. */
    void finished(Sequence sequence);
}
