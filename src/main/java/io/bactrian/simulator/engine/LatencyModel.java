package io.bactrian.simulator.engine;

/** How long an engine takes: in steps shared by the whole batch, or for each sequence by itself. */
public sealed interface LatencyModel permits StepLatency, SequenceLatency {}
