package io.bactrian.config;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.engine.MetricMapping;
import io.bactrian.engine.MetricPageParser;
import io.bactrian.relay.MetricsScraper;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.ScrapeSettings;
import io.netty.channel.EventLoopGroup;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** Keeps the reports of a pool's endpoints new by reading their metric pages. */
public final class PoolMetrics {
    private final EventLoopGroup loops;
    private final ModelServerClient client;
    private final ScrapeSettings settings;
    private final InstantSource clock;
    private final Runnable failures;

    /** @param failures is run for each page that could not be read */
    public PoolMetrics(
            EventLoopGroup loops,
            ModelServerClient client,
            ScrapeSettings settings,
            InstantSource clock,
            Runnable failures) {
        this.loops = loops;
        this.client = client;
        this.settings = settings;
        this.clock = clock;
        this.failures = failures;
    }

    /** Reads the pages of every endpoint of {@code pool}, from now on: also of those that join, no more of those that leave. */
    public void watch(EndpointPool pool) {
        Map<EndpointLoad, MetricsScraper> scrapers = new HashMap<>(); // an endpoint keeps its load while it is a member
        pool.onMembersChanged(() -> follow(pool, scrapers));
        follow(pool, scrapers);
    }

    private void follow(EndpointPool pool, Map<EndpointLoad, MetricsScraper> scrapers) {
        synchronized (scrapers) {
            Map<EndpointLoad, MetricsScraper> gone = new HashMap<>(scrapers);
            for (EndpointPool.Member member : pool.snapshot().members()) {
                gone.remove(member.load());
                scrapers.computeIfAbsent(member.load(), load -> {
                    Reports reports = new Reports(pool, member);
                    return MetricsScraper.start(loops, client, member.endpoint().address(), settings, reports::next);
                });
            }
            gone.forEach((load, scraper) -> {
                scraper.stop();
                scrapers.remove(load);
            });
        }
    }

    /** The pages of one endpoint, one after the other. */
    private final class Reports implements MetricsScraper.Page {
        private final EndpointPool pool;
        private final EndpointPool.Member member;
        private final MetricPageParser parser = new MetricPageParser(MetricMapping.VLLM);
        private EndpointMetrics last = EndpointMetrics.NONE;
        private EndpointPool.ReportReading reading;

        Reports(EndpointPool pool, EndpointPool.Member member) {
            this.pool = pool;
            this.member = member;
            this.reading = pool.beginReport(member);
        }

        MetricsScraper.Page next() {
            parser.reset();
            reading = pool.beginReport(member);
            return this;
        }

        @Override
        public void feed(ByteBuffer piece) {
            parser.feed(piece);
        }

        @Override
        public void done() {
            last = parser.finish(last, clock.instant());
            reading.done(last);
        }

        @Override
        public void failed() {
            failures.run();
        }
    }
}
