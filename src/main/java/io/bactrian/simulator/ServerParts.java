package io.bactrian.simulator;

import io.bactrian.simulator.engine.InferenceEngine;

/** What the answers of one life of a server share. */
record ServerParts(
        SimulatedModelServerOptions options,
        InferenceEngine engine,
        FlushQueue flushes,
        Faults faults,
        RequestCounts counts,
        TransferDesk desk,
        ServedAdapters adapters) {}
