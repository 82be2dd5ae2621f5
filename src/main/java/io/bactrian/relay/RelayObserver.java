package io.bactrian.relay;

/** Is told of every request that was sent to a model server, once, when it has ended. Called on an event loop. */
public interface RelayObserver {

    /** Takes no notice. */
    RelayObserver NONE = record -> {};

    /** A request ended. */
    void ended(RelayRecord record);
}
