package io.bactrian.component.modelserver;

import io.bactrian.api.FirstToken;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.UpstreamListener;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;

/** The answer of a prefill endpoint that is the client's whole answer: told as if the decode endpoint had given it. */
final class PrefilledAnswer {
    private PrefilledAnswer() {}

    /** Tells {@code listener} all of it, within this call. */
    static void tell(InferenceExchange inference, FirstToken whole, UpstreamListener listener) {
        boolean stream = inference.request().stream();
        boolean withUsage =
                inference.request().includeUsage() || !inference.usageSplices().isEmpty();
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, stream ? "text/event-stream; charset=utf-8" : "application/json");
        listener.onHead(head);
        listener.onContent(Unpooled.wrappedBuffer(stream ? whole.events(withUsage) : whole.answer()));
        listener.onReadComplete();
        listener.onEnd(true);
    }
}
