package io.bactrian.endpoint;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the router has in flight at one endpoint, exact at every moment. Safe between threads. */
public final class EndpointLoad {
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicLong promptTokens = new AtomicLong();
    private final AtomicInteger sinceReport = new AtomicInteger();
    private final AtomicLong reports = new AtomicLong();
    private final Map<String, Integer> adapters = new ConcurrentHashMap<>(); // requests in flight by adapter

    /** Returns the requests in flight. */
    public int requests() {
        return requests.get();
    }

    /** Returns the tokens that the endpoint has still to compute for the requests in flight, as far as the router knows. */
    public long promptTokens() {
        return promptTokens.get();
    }

    /** Returns the requests sent since the endpoint last reported, which its report cannot know of. */
    public int requestsSinceReport() {
        return sinceReport.get();
    }

    /** Returns how many times the endpoint has reported. */
    public long reports() {
        return reports.get();
    }

    /** Returns the adapters of requests in flight, which the endpoint's report may not know of; live. */
    public Set<String> adapters() {
        return adapters.keySet();
    }

    /** Counts a request of {@code tokens} prompt tokens until the reservation is closed. */
    public Reservation reserve(long tokens) {
        return reserve(tokens, "", LoadMeter.NONE);
    }

    /**
     * Counts a request of {@code tokens} prompt tokens, here and in {@code meter}, until the reservation is closed.
     *
     * @param adapter the adapter it wants; empty for none
     */
    public Reservation reserve(long tokens, String adapter, LoadMeter meter) {
        requests.incrementAndGet();
        promptTokens.addAndGet(tokens);
        sinceReport.incrementAndGet();
        if (!adapter.isEmpty()) {
            adapters.merge(adapter, 1, Integer::sum);
        }
        meter.add(1, tokens);
        return new Reservation(tokens, adapter, meter);
    }

    /** Returns the count to hand to {@link #reported} once a report that is asked for now has come. */
    int beforeReport() {
        return sinceReport.get();
    }

    /** Notes that the endpoint reported: the {@code seen} requests sent before it was asked are in its report. */
    void reported(int seen) {
        sinceReport.addAndGet(-seen);
        reports.incrementAndGet();
    }

    /** One request's share of an endpoint's load; closing it again has no effect. */
    public final class Reservation implements AutoCloseable {
        private final AtomicLong tokens;
        private final String adapter;
        private final LoadMeter meter;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Reservation(long tokens, String adapter, LoadMeter meter) {
            this.tokens = new AtomicLong(tokens);
            this.adapter = adapter;
            this.meter = meter;
        }

        /** Gives the tokens back: the prompt has been computed, while the request goes on. */
        public void releaseTokens() {
            release(0);
        }

        @Override
        public void close() {
            if (open.compareAndSet(true, false)) {
                requests.decrementAndGet();
                release(1);
                if (!adapter.isEmpty()) {
                    adapters.computeIfPresent(adapter, (name, count) -> count == 1 ? null : count - 1);
                }
            }
        }

        private void release(int ended) {
            long released = tokens.getAndSet(0);
            promptTokens.addAndGet(-released);
            meter.add(-ended, -released);
        }
    }
}
