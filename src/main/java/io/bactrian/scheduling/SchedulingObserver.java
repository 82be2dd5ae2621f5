package io.bactrian.scheduling;

import io.bactrian.request.InferenceRequest;

/** Is told what the scheduler does; called on the deciding thread, so it must be quick. */
public interface SchedulingObserver {

    /** Takes no notice. */
    SchedulingObserver NONE = new SchedulingObserver() {};

    /** A decision over {@code candidates} endpoints was made. */
    default void decided(InferenceRequest request, int candidates, Decision decision) {}

    /** A data producer failed; the request goes on without its data. */
    default void producerFailed(DataProducer producer, Throwable cause) {}

    /** A filter would have removed {@code ejected} of {@code candidates} endpoints, too many, and was ignored. */
    default void filterIgnored(String filterType, int ejected, int candidates) {}
}
