package io.bactrian.component.nettyhttp;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpResponse;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.component.netty.http.NettyHttpBinding;
import org.apache.camel.component.netty.http.NettyHttpConsumer;
import org.apache.camel.component.netty.http.handlers.HttpServerChannelHandler;

/**
 * Makes an exchange of each request, sends it down the route and hands over what comes back.
 *
 * <p>Its superclass does the same by way of a dozen lookups among headers and properties of each exchange, most for options that
 * the door has not (sessions, proxies, forms, closing by header); without them relaying a small request takes 1.5 us less.
 */
final class RouteHandler extends HttpServerChannelHandler {
    private final NettyHttpConsumer consumer;

    RouteHandler(NettyHttpConsumer consumer) {
        super(consumer);
        this.consumer = consumer;
    }

    /** Tells whether the consumer has no option that only the superclass honours. */
    static boolean serves(NettyHttpConsumer consumer) {
        return consumer.getEndpoint().getSecurityConfiguration() == null
                && consumer.getEndpoint().getHttpMethodRestrict() == null
                && consumer.getConfiguration().isSync()
                && !consumer.getEndpoint().isSynchronous();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Object message) throws Exception {
        if (consumer.isSuspended()) {
            super.channelRead0(ctx, message);
            return;
        }
        NettyHttpBinding binding = consumer.getEndpoint().getNettyHttpBinding();
        Exchange exchange = consumer.createExchange(false);
        exchange.setPattern(ExchangePattern.InOut);
        exchange.setIn(binding.toCamelMessage((DoorRequest) message, exchange, consumer.getConfiguration()));
        consumer.createUoW(exchange);
        consumer.getAsyncProcessor().process(exchange, doneSync -> answer(ctx, exchange, binding));
    }

    private void answer(ChannelHandlerContext ctx, Exchange exchange, NettyHttpBinding binding) {
        try {
            HttpResponse response = binding.toNettyResponse(exchange.getMessage(), consumer.getConfiguration());
            if (response != null) {
                ctx.writeAndFlush(response, ctx.voidPromise());
            }
        } catch (Exception e) {
            consumer.getExceptionHandler().handleException(e);
        } finally {
            consumer.doneUoW(exchange);
            consumer.releaseExchange(exchange, false);
        }
    }
}
