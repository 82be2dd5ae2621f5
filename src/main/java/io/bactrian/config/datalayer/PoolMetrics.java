package io.bactrian.config.datalayer;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.PageObserver;
import io.bactrian.relay.ScrapeSettings;
import io.bactrian.relay.TlsSettings;
import io.bactrian.relay.UpstreamSettings;
import io.bactrian.relay.UpstreamTls;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps what is known of a pool's endpoints new by reading the pages of its data sources. Safe between threads. */
public final class PoolMetrics {

    /**
     * What pages are read with.
     *
     * @param loops each endpoint's pages are read on one of them
     * @param client reads what is not encrypted
     * @param upstream how connections are made that are encrypted
     * @param scrape how often pages are read, unless their source says otherwise, and within what limits
     * @param observer is told of pages that bring less than they should
     */
    public record Services(
            EventLoopGroup loops,
            ModelServerClient client,
            UpstreamSettings upstream,
            ScrapeSettings scrape,
            InstantSource clock,
            PageObserver observer) {}

    private final EndpointPool pool;
    private final Services services;
    private final Map<EndpointLoad, EndpointReports> reports =
            new HashMap<>(); // an endpoint keeps its load while a member
    private final Map<TlsSettings, ModelServerClient> encrypted = new HashMap<>();
    private List<DataSource> sources = List.of();
    private List<ReadSource> read = List.of();
    private boolean started;

    public PoolMetrics(EndpointPool pool, Services services) {
        this.pool = pool;
        this.services = services;
    }

    /** Throws {@link IllegalArgumentException} if a source cannot be read because a certificate or key is not there. */
    public synchronized void requireUsable(List<DataSource> wanted) {
        wanted.forEach(source -> client(source.page().tls()));
    }

    /** Reads {@code next} from now on, which {@link #requireUsable} has passed; if nothing changes, nothing is disturbed. */
    public synchronized void use(List<DataSource> next) {
        if (next.equals(sources)) {
            return;
        }
        List<ReadSource> prepared = new ArrayList<>();
        for (DataSource source : next) {
            String type = source.page().type();
            source.extractors().forEach(extractor -> services.observer().reads(type, extractor.type()));
            prepared.add(new ReadSource(source, client(source.page().tls()), scrape(source.page())));
        }
        sources = next;
        read = prepared;
        if (started) {
            stopAll();
            follow();
        }
    }

    /** Begins to read the pages of every endpoint: also of those that join, no more of those that leave. */
    public synchronized void start() {
        started = true;
        pool.onMembersChanged(this::follow);
        follow();
    }

    private synchronized void follow() {
        Map<EndpointLoad, EndpointReports> gone = new HashMap<>(reports);
        for (EndpointPool.Member member : pool.snapshot().members()) {
            gone.remove(member.load());
            reports.computeIfAbsent(member.load(), load -> new EndpointReports(pool, member, services, read));
        }
        gone.forEach((load, left) -> {
            left.stop();
            reports.remove(load);
        });
    }

    private void stopAll() {
        reports.values().forEach(EndpointReports::stop);
        reports.clear();
    }

    private ModelServerClient client(@Nullable TlsSettings tls) {
        if (tls == null) {
            return services.client();
        }
        return encrypted.computeIfAbsent(tls, key -> new ModelServerClient(services.upstream(), UpstreamTls.of(key)));
    }

    private ScrapeSettings scrape(PageSource page) {
        ScrapeSettings given = services.scrape();
        return given.withPage(
                page.path().isEmpty() ? given.path() : page.path(),
                page.interval().isZero() ? given.interval() : page.interval());
    }

    /**
     * A source, ready to be read.
     *
     * @param scrape where, how often and within what limits
     */
    record ReadSource(DataSource source, ModelServerClient client, ScrapeSettings scrape) {

        /** Returns how much longer than others a report of this source holds: until the next one is due. */
        Duration slack(ScrapeSettings others) {
            return scrape.interval().compareTo(others.interval()) > 0 ? scrape.interval() : Duration.ZERO;
        }
    }
}
