package io.bactrian.benchmarks;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;

/** One stream a connection. */
final class Http1Streams implements StreamOpener {
    private final Connector connector;
    private final StreamRequest request;
    private final StreamResults results;

    Http1Streams(Connector connector, StreamRequest request, StreamResults results) {
        this.connector = connector;
        this.request = request;
        this.results = results;
    }

    @Override
    public void open(int number) {
        StreamReader reader = new StreamReader(results, request.tokens());
        connector
                .connect(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpResponseDecoder(), new Reading(reader));
                    }
                })
                .addListener((ChannelFuture connected) -> {
                    if (connected.isSuccess()) {
                        connected.channel().writeAndFlush(request.http1());
                    } else {
                        reader.end("connect: " + connected.cause().getMessage());
                    }
                });
    }

    private static final class Reading extends SimpleChannelInboundHandler<HttpObject> {
        private final StreamReader reader;

        Reading(StreamReader reader) {
            this.reader = reader;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
            if (message instanceof HttpResponse head) {
                reader.head(head.status().code());
            }
            if (message instanceof HttpContent content) {
                reader.content(content.content());
            }
            if (message instanceof LastHttpContent) {
                reader.end(null);
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            reader.end("closed");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            reader.end(cause.getClass().getSimpleName());
            ctx.close();
        }
    }
}
