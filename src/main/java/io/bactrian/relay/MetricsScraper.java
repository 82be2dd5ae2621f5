package io.bactrian.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the metric page of one endpoint again and again, on one event loop, and hands it piece by piece to a parser. A
 * reading that is still under way when the next is due is waited for, so that a slow endpoint is never asked twice.
 */
public final class MetricsScraper {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsScraper.class);
    private static final int OK = 200;

    /** Takes one page. */
    public interface Page {
        /** Takes the next piece; the buffer is valid only during the call. */
        void feed(ByteBuffer piece);

        /** The page is whole. */
        void done();

        /** The page did not come, or not whole. */
        void failed();
    }

    private final EventLoop loop;
    private final ModelServerClient client;
    private final InetSocketAddress address;
    private final String hostPort;
    private final ScrapeSettings settings;
    private final Supplier<Page> pages;
    private boolean stopped;
    private boolean failing;

    /** Begins to read; {@code pages} is asked for a new taker before each reading. */
    public static MetricsScraper start(
            EventLoopGroup loops,
            ModelServerClient client,
            InetSocketAddress address,
            ScrapeSettings settings,
            Supplier<Page> pages) {
        MetricsScraper scraper = new MetricsScraper(loops.next(), client, address, settings, pages);
        scraper.loop.execute(scraper::read);
        return scraper;
    }

    private MetricsScraper(
            EventLoop loop,
            ModelServerClient client,
            InetSocketAddress address,
            ScrapeSettings settings,
            Supplier<Page> pages) {
        this.loop = loop;
        this.client = client;
        this.address = address;
        this.hostPort = address.getHostString() + ":" + address.getPort();
        this.settings = settings;
        this.pages = pages;
    }

    /** Ends the readings. */
    public void stop() {
        loop.execute(() -> stopped = true);
    }

    private void read() {
        if (stopped) {
            return;
        }
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.GET, settings.path(), Unpooled.EMPTY_BUFFER);
        request.headers()
                .set(HttpHeaderNames.HOST, hostPort)
                .set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
        new Reading(pages.get()).begin(request);
    }

    private void again(@Nullable String problem) {
        if (problem != null && !failing) {
            LOG.warn("metrics of {}: {}", hostPort, problem);
        } else if (problem == null && failing) {
            LOG.info("metrics of {} are read again", hostPort);
        }
        failing = problem != null;
        loop.schedule(this::read, settings.interval().toNanos(), TimeUnit.NANOSECONDS);
    }

    private final class Reading implements UpstreamListener {
        private final Page page;
        private final Deadline deadline = new Deadline(loop, this::onDeadline);
        private @Nullable UpstreamCall call;
        private int status;
        private int bytes;

        Reading(Page page) {
            this.page = page;
        }

        void begin(FullHttpRequest request) {
            deadline.set(settings.timeout());
            call = client.send(loop, address, request, false, this);
        }

        @Override
        public void onHead(HttpResponse head) {
            status = head.status().code();
        }

        @Override
        public void onContent(ByteBuf content) {
            try {
                bytes += content.readableBytes();
                if (bytes > settings.maxPageBytes()) {
                    abort("the page is longer than " + settings.maxPageBytes() + " bytes");
                } else if (status == OK) {
                    page.feed(content.internalNioBuffer(content.readerIndex(), content.readableBytes()));
                }
            } finally {
                content.release();
            }
        }

        @Override
        public void onReadComplete() {}

        @Override
        public void onEnd(boolean delimited) {
            if (status == OK) {
                page.done();
                end(null);
            } else {
                end("status " + status);
            }
        }

        @Override
        public void onFailure(UpstreamFailure failure, String message) {
            end(message);
        }

        private void onDeadline() {
            abort("no whole page within " + settings.timeout());
        }

        private void abort(String problem) {
            if (call != null) {
                call.abort();
            }
            end(problem);
        }

        private void end(@Nullable String problem) {
            deadline.cancel();
            if (problem != null) {
                page.failed();
            }
            again(problem);
        }
    }
}
