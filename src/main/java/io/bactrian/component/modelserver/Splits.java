package io.bactrian.component.modelserver;

import io.bactrian.disaggregation.LmcacheSettings;
import io.bactrian.disaggregation.SplitModes;
import io.bactrian.disaggregation.SplitObserver;
import io.bactrian.disaggregation.SplitSettings;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.engine.connector.KvConnector;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How each pool splits its requests. Safe between threads. */
public final class Splits implements SplitModes {
    private final Map<String, PoolSplit> pools = new ConcurrentHashMap<>();
    private final SplitObserver observer;
    private final PushNotices notices = new PushNotices();
    private final Map<Endpoint, Integer> fallbacks = new ConcurrentHashMap<>();

    /** How one pool splits. */
    record PoolSplit(SplitSettings settings, KvConnector connector) {
        static PoolSplit of(SplitSettings settings) {
            return new PoolSplit(settings, KvConnector.of(settings));
        }
    }

    /** @param settings by the name of the pool */
    public Splits(Map<String, SplitSettings> settings, SplitObserver observer) {
        settings.forEach((pool, of) -> pools.put(pool, PoolSplit.of(of)));
        this.observer = observer;
    }

    @Override
    public boolean isRouters(String pool) {
        return of(pool).settings().isRouters();
    }

    @Override
    public boolean encodes(String pool) {
        SplitSettings settings = of(pool).settings();
        return settings.isRouters() && settings.encode().isOn();
    }

    @Override
    public boolean failsWithoutPrefill(String pool) {
        return of(pool).settings().whenPrefillUnavailable().equals("fail");
    }

    PoolSplit of(String pool) {
        return pools.computeIfAbsent(pool, name -> PoolSplit.of(SplitSettings.DEFAULTS));
    }

    /**
     * Begins to listen for what prefill servers tell, on {@code loops} and until they end.
     *
     * @throws IllegalStateException if a port cannot be listened on
     */
    public void listen(EventLoopGroup loops) {
        pools.values().stream()
                .map(PoolSplit::settings)
                .filter(settings -> settings.kvConnector().equals("lmcache"))
                .map(SplitSettings::lmcache)
                .filter(LmcacheSettings::isNotified)
                .map(lmcache -> new InetSocketAddress(lmcache.notifyHost(), lmcache.notifyPort()))
                .distinct()
                .forEach(address -> notices.listen(loops, address));
    }

    PushNotices notices() {
        return notices;
    }

    SplitObserver observer() {
        return observer;
    }

    /** Lets one more request fall back to {@code decode}, unless {@code most} have; to be given back by {@link #fallbackEnded}. */
    boolean tryFallBack(Endpoint decode, int most) {
        if (fallbacks.merge(decode, 1, Integer::sum) <= most) {
            return true;
        }
        fallbackEnded(decode);
        return false;
    }

    /** Gives one back; at 0 an endpoint is forgotten, so that those that have gone are not remembered. */
    void fallbackEnded(Endpoint decode) {
        fallbacks.computeIfPresent(decode, (endpoint, count) -> count == 1 ? null : count - 1);
    }
}
