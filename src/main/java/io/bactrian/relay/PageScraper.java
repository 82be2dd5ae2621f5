package io.bactrian.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
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
 * Reads one page of one endpoint again and again, on one event loop, and hands it piece by piece to a reader. A reading that is
 * still under way when the next is due is waited for, so that a slow endpoint is never asked twice.
 */
public final class PageScraper {
    private static final Logger LOG = LoggerFactory.getLogger(PageScraper.class);
    private static final int OK = 200;

    /**
     * Which page is read.
     *
     * @param address where it is
     * @param path its path, with a query if there is one
     */
    public record Target(InetSocketAddress address, String path) {
        String hostPort() {
            return address.getHostString() + ":" + address.getPort();
        }
    }

    /** Takes one page. */
    public interface Page {
        /** Tells whether an answer with {@code status} has the page. */
        default boolean accepts(int status) {
            return status == OK;
        }

        /** Takes the next piece; the buffer is valid only during the call. */
        void feed(ByteBuffer piece);

        /** The page is whole. */
        void done();

        /** The page did not come, or not whole; {@code problem} says why. */
        void failed(String problem);
    }

    private final EventLoop loop;
    private final ModelServerClient client;
    private final Target target;
    private final ScrapeSettings settings;
    private final Supplier<Page> pages;
    private boolean stopped;
    private boolean failing;

    /**
     * Begins to read on {@code loop}; {@code pages} is asked for a new taker before each reading.
     *
     * @param settings how often, and within what limits
     */
    public static PageScraper start(
            EventLoop loop, ModelServerClient client, Target target, ScrapeSettings settings, Supplier<Page> pages) {
        PageScraper scraper = new PageScraper(loop, client, target, settings, pages);
        loop.execute(scraper::read);
        return scraper;
    }

    private PageScraper(
            EventLoop loop, ModelServerClient client, Target target, ScrapeSettings settings, Supplier<Page> pages) {
        this.loop = loop;
        this.client = client;
        this.target = target;
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
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, target.path(), Unpooled.EMPTY_BUFFER);
        request.headers()
                .set(HttpHeaderNames.HOST, target.hostPort())
                .set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
        new Reading(pages.get()).begin(request);
    }

    private void again(@Nullable String problem) {
        if (problem != null && !failing) {
            LOG.warn("{} of {}: {}", target.path(), target.hostPort(), problem);
        } else if (problem == null && failing) {
            LOG.info("{} of {} is read again", target.path(), target.hostPort());
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
            call = client.send(loop, target.address(), request, false, this);
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
                } else if (page.accepts(status)) {
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
            if (page.accepts(status)) {
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
                page.failed(problem);
            }
            again(problem);
        }
    }
}
