package io.bactrian.component.modelserver;

import io.bactrian.relay.ResponseFlow;
import io.bactrian.request.InferenceException;
import io.netty.handler.codec.http.HttpResponse;

/** Where the answer of a model server goes. Used on the call's event loop. */
interface Answer {

    /** Takes the head and the flow that holds the first bytes, or the end; from here on no other endpoint is tried. */
    void begin(HttpResponse head, ResponseFlow flow);

    /** The flow has more, or has ended. */
    void progress();

    /** There will be no answer; {@link #begin} was not called. */
    void fail(InferenceException problem);

    /** The answer was cut after {@link #begin}. */
    void cut(InferenceException problem);

    /** The client has left; nobody waits any more. */
    void abandon();
}
