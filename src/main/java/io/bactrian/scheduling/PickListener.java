package io.bactrian.scheduling;

/** Learns where requests are sent. Called on the thread that decides. */
public interface PickListener {

    /** Takes no notice. */
    PickListener NONE = decision -> {};

    /** Notes that a request goes to the endpoints of {@code decision}; again after a retry, with the new decision. */
    void picked(Decision.Picked decision);
}
