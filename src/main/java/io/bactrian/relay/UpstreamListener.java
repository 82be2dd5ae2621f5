package io.bactrian.relay;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;

/**
 * Hears what a model server answers, in this order: the head, pieces of content, then the end or a failure. All calls
 * come on the event loop of the call; after the end, a failure, or {@link UpstreamCall#abort} there are none.
 */
public interface UpstreamListener {
    /** The status and headers have come. */
    void onHead(HttpResponse head);

    /** Some content has come; its reference passes to the listener. */
    void onContent(ByteBuf content);

    /** What the socket had to give for now has been handed over. */
    void onReadComplete();

    /**
     * The answer is complete.
     *
     * @param delimited whether the answer told its own length, so that its end is known not to be a cut
     */
    void onEnd(boolean delimited);

    /** There will be no whole answer. */
    void onFailure(UpstreamFailure failure, String message);
}
