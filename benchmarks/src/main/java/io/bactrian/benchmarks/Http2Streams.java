package io.bactrian.benchmarks;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;

/** Many streams a connection, with prior knowledge of HTTP/2. */
final class Http2Streams implements StreamOpener {
    private final Connector connector;
    private final StreamRequest request;
    private final StreamResults results;
    private final int streamsPerConnection;
    private final List<ChannelFuture> connections = new ArrayList<>();

    Http2Streams(Connector connector, StreamRequest request, StreamResults results, int streamsPerConnection) {
        this.connector = connector;
        this.request = request;
        this.results = results;
        this.streamsPerConnection = streamsPerConnection;
    }

    @Override
    public void open(int number) {
        StreamReader reader = new StreamReader(results, request.tokens());
        if (number / streamsPerConnection == connections.size()) {
            connections.add(connect());
        }
        connections.get(number / streamsPerConnection).addListener((ChannelFuture connected) -> {
            if (connected.isSuccess()) {
                open(connected.channel(), reader);
            } else {
                reader.end("connect: " + connected.cause().getMessage());
            }
        });
    }

    private ChannelFuture connect() {
        return connector.connect(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(
                                Http2FrameCodecBuilder.forClient().build(),
                                new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
            }
        });
    }

    private void open(Channel connection, StreamReader reader) {
        new Http2StreamChannelBootstrap(connection)
                .handler(new Reading(reader))
                .open()
                .addListener((Future<Http2StreamChannel> opened) -> {
                    if (opened.isSuccess()) {
                        send(opened.getNow());
                    } else {
                        reader.end("open: " + opened.cause().getMessage());
                    }
                });
    }

    private void send(Http2StreamChannel stream) {
        byte[] body = request.body();
        Http2Headers headers = new DefaultHttp2Headers()
                .method("POST")
                .scheme("http")
                .authority(request.host())
                .path(StreamRequest.PATH)
                .set("content-type", "application/json")
                .setInt("content-length", body.length);
        stream.write(new DefaultHttp2HeadersFrame(headers));
        stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), true));
    }

    private static final class Reading extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final StreamReader reader;

        Reading(StreamReader reader) {
            this.reader = reader;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
            if (frame instanceof Http2HeadersFrame head) {
                CharSequence status = head.headers().status();
                if (status != null) {
                    reader.head(Integer.parseInt(status.toString()));
                }
                if (head.isEndStream()) {
                    reader.end(null);
                }
            } else if (frame instanceof Http2DataFrame data) {
                reader.content(data.content());
                if (data.isEndStream()) {
                    reader.end(null);
                }
            } else if (frame instanceof Http2ResetFrame reset) {
                reader.end("reset " + reset.errorCode());
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
