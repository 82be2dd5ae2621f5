package io.bactrian.simulator;

/** An answer that is not written yet, or not to its end. Confined to the event loop. */
interface AnswerUnderWay {

    /** Begins to write, as far as there is anything. */
    void start();

    /** Goes on after the client has read what was written. */
    void resume();

    /** The answer is written, or will never be: the client has left, or the connection was cut. Called once. */
    void ended(ResponseWriter.Outcome outcome);
}
