package io.bactrian.relay;

import io.bactrian.request.InferenceRequest;

/** Is told of every request: once that it begins at a model server if it does, and once that it has ended. Must be quick. */
public interface RelayObserver {

    /** Takes no notice. */
    RelayObserver NONE = record -> {};

    /** A request is about to be sent to a model server. Called on an event loop. */
    default void began(InferenceRequest request) {}

    /** A request that had begun at a model server ended. Called on an event loop. */
    void ended(RelayRecord record);

    /** A request ended that never began at a model server. */
    default void unsent(UnsentRecord record) {}
}
