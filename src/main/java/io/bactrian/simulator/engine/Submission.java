package io.bactrian.simulator.engine;

/** The engine's answer to a new sequence. */
public sealed interface Submission {

    /** The sequence waits or runs. */
    record Accepted(Sequence sequence) implements Submission {}

    /** The waiting queue is full. */
    record QueueFull(int waiting) implements Submission {}

    /** The prompt needs more KV blocks than the engine has. */
    record NeverFits(int neededBlocks, int kvBlocks) implements Submission {}
}
