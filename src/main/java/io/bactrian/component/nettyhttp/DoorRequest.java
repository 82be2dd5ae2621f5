package io.bactrian.component.nettyhttp;

import io.bactrian.request.Finish;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;

/** A whole request with the {@link Finish} that was made for it and the channel it came on. */
final class DoorRequest extends DefaultFullHttpRequest {
    private final Finish finish;
    private final Channel channel;

    DoorRequest(FullHttpRequest request, Finish finish, Channel channel) {
        super(
                request.protocolVersion(),
                request.method(),
                request.uri(),
                request.content(),
                request.headers(),
                request.trailingHeaders());
        this.finish = finish;
        this.channel = channel;
    }

    Channel channel() {
        return channel;
    }

    Finish finish() {
        return finish;
    }

    /** Names no header: netty-http writes what this returns into its log, and headers hold credentials. */
    @Override
    public String toString() {
        return method() + " " + uri();
    }
}
