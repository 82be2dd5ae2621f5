package io.bactrian.component.modelserver;

import io.bactrian.request.RequestTrace;
import io.netty.handler.codec.http.HttpHeaders;

/** The headers of a request to a model server, for whoever traces it. */
record HeadersOnTheWay(HttpHeaders headers) implements RequestTrace.TraceHeaders {
    @Override
    public void set(String name, String value) {
        headers.set(name, value);
    }

    @Override
    public void remove(String name) {
        headers.remove(name);
    }
}
