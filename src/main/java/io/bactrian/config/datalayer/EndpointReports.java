package io.bactrian.config.datalayer;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.engine.Extractor;
import io.bactrian.engine.PageReader;
import io.bactrian.relay.PageScraper;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pages of one endpoint, all of them read on one event loop, so that each adds to what the others told. */
final class EndpointReports {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointReports.class);

    private final EndpointPool pool;
    private final EndpointPool.Member member;
    private final PoolMetrics.Services services;
    private final List<PageScraper> scrapers = new ArrayList<>();
    private EndpointMetrics last;
    private volatile boolean stopped;

    /** Begins to read {@code sources}. */
    EndpointReports(
            EndpointPool pool,
            EndpointPool.Member member,
            PoolMetrics.Services services,
            List<PoolMetrics.ReadSource> sources) {
        this.pool = pool;
        this.member = member;
        this.services = services;
        this.last = member.metrics();
        EventLoop loop = services.loops().next();
        for (PoolMetrics.ReadSource source : sources) {
            InetSocketAddress address =
                    address(member.endpoint(), source.source().page());
            if (address != null) {
                Pages pages = new Pages(source);
                PageScraper.Target target =
                        new PageScraper.Target(address, source.scrape().path());
                scrapers.add(PageScraper.start(loop, source.client(), target, source.scrape(), pages::next));
            }
        }
    }

    /** Ends the readings; one that is under way changes nothing any more. */
    void stop() {
        stopped = true;
        scrapers.forEach(PageScraper::stop);
    }

    private static @Nullable InetSocketAddress address(Endpoint endpoint, PageSource page) {
        InetSocketAddress own = endpoint.address();
        int port = page.port() == 0 ? own.getPort() : page.port();
        if (!page.onNode()) {
            return new InetSocketAddress(own.getAddress(), port);
        }
        String node = endpoint.labels().get(PageSource.NODE_ADDRESS);
        if (node == null) {
            LOG.warn(
                    "{}: {} is not read: the label {} is missing (expected: the address of its node)",
                    endpoint,
                    page.type(),
                    PageSource.NODE_ADDRESS);
            return null;
        }
        return new InetSocketAddress(node, port);
    }

    /** The pages of one source, one after the other. */
    private final class Pages implements PageScraper.Page {
        private final String source;
        private final List<Extractor> extractors;
        private final List<PageReader> readers = new ArrayList<>();
        private EndpointPool.ReportReading reading;

        Pages(PoolMetrics.ReadSource source) {
            this.source = source.source().page().type();
            this.extractors = source.source().extractors();
            Duration slack = source.slack(services.scrape());
            extractors.forEach(extractor -> readers.add(extractor.reader(member.endpoint(), slack)));
            this.reading = pool.beginReport(member);
        }

        PageScraper.Page next() {
            readers.forEach(PageReader::reset);
            reading = pool.beginReport(member);
            return this;
        }

        @Override
        public void feed(ByteBuffer piece) {
            for (int i = 0; i < readers.size(); i++) {
                readers.get(i).feed(piece);
            }
        }

        @Override
        public void done() {
            if (stopped) {
                return;
            }
            EndpointMetrics told = last;
            for (int i = 0; i < readers.size(); i++) {
                PageReader reader = readers.get(i);
                told = reader.finish(told, services.clock().instant());
                if (reader.lacked()) {
                    services.observer().extractFailed(source, extractors.get(i).type());
                }
            }
            boolean queueTold = told.waitingRequests() != last.waitingRequests();
            last = told;
            reading.done(told, queueTold);
        }

        @Override
        public void failed(String problem) {
            services.observer().pollFailed(source);
        }
    }
}
