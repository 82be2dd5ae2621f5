package io.bactrian.component.nettyhttp;

import io.netty.handler.codec.http.HttpResponse;

/** A message body that is an answer already, and is asked for its form when it is about to be written. */
public interface DoorResponse {

    /** Returns what to write; to be called once, on the client's event loop or before it can leave. */
    HttpResponse toWrite();
}
