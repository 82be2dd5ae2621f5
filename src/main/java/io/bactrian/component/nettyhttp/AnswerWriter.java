package io.bactrian.component.nettyhttp;

import io.bactrian.relay.ResponseFlow;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers: each piece as soon as it is there, as long as the client reads.
 *
 * <p>Netty's chunked writer makes a promise with listeners for every piece and flushes each by itself; this one flushes what
 * there is at once and asks for no news but that of the end.
 */
public final class AnswerWriter extends ChannelDuplexHandler {
    private ChannelHandlerContext context;
    private ChannelHandlerContext pieces;
    private @Nullable ResponseFlow flow; // of the answer being written

    @SuppressWarnings("NullAway") // set when the handler is added, before anything else is called
    AnswerWriter() {}

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        pieces = ctx;
    }

    /**
     * Writes what is neither the beginning nor the end of an answer from the place of {@code handler} on. No handler in between has
     * to do with it; passing it through them is a third of what writing an event costs (340 ns, 230 without).
     */
    void writePiecesFrom(ChannelHandler handler) {
        pieces = context.pipeline().context(handler);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof StreamedResponse response)) {
            ctx.write(message, promise);
            return;
        }
        boolean mayBeWhole = response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        ByteBuf whole = mayBeWhole ? response.flow().takeWhole() : null;
        if (whole == null) {
            ctx.write(response, promise);
            flow = response.flow();
            goOn();
        } else {
            ctx.write(response.with(whole), promise);
        }
    }

    /** Goes on with the answer, of which there is more, or which has ended. To be called on the channel's event loop. */
    public void goOn() {
        boolean written = false;
        while (flow != null && context.channel().isWritable()) {
            ByteBuf piece = flow.poll();
            if (flow.isDrained()) {
                end(flow, piece);
                return;
            }
            if (piece == null) {
                break;
            }
            pieces.write(new DefaultHttpContent(piece), pieces.voidPromise());
            written = true;
        }
        if (written) {
            pieces.flush();
        }
    }

    private void end(ResponseFlow drained, @Nullable ByteBuf last) {
        flow = null;
        if (drained.isDiscarded()) {
            return; // an answer that was given up has no proper end
        }
        context.writeAndFlush(
                last == null ? LastHttpContent.EMPTY_LAST_CONTENT : new DefaultLastHttpContent(last),
                context.voidPromise());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        goOn();
        ctx.fireChannelWritabilityChanged();
    }
}
