package io.bactrian.endpoint;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live set of model servers behind some models. The one owner of what is known about them.
 *
 * <p>Readers take the current {@link #snapshot()}, which never changes; writers replace it under a lock that no foreign
 * code runs in. An endpoint keeps its load and its report as long as discovery names it.
 */
public final class EndpointPool {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointPool.class);

    private final String name;
    private final Set<String> models;
    private final Duration staleAfter;
    private final EndpointBreakers breakers;
    private final List<Runnable> memberListeners = new CopyOnWriteArrayList<>();
    private final Object lock = new Object();
    private volatile Snapshot snapshot = new Snapshot(List.of());

    /**
     * @param name unique among pools
     * @param models the model names clients may ask for
     * @param staleAfter a signal older than this counts as absent
     */
    public EndpointPool(String name, Set<String> models, Duration staleAfter) {
        this(name, models, staleAfter, new EndpointBreakers(BreakerSettings.DEFAULTS, Clock.systemUTC()));
    }

    /**
     * @param name unique among pools
     * @param models the model names clients may ask for
     * @param staleAfter a signal older than this counts as absent
     * @param breakers makes the breakers of this pool's endpoints, and of no other's
     */
    public EndpointPool(String name, Set<String> models, Duration staleAfter, EndpointBreakers breakers) {
        this.name = name;
        this.models = Set.copyOf(models);
        this.staleAfter = staleAfter;
        this.breakers = breakers;
    }

    /** Everything known at one moment, in the order in which discovery first named the endpoints. */
    public record Snapshot(List<Member> members) {
        public Snapshot {
            members = List.copyOf(members);
        }
    }

    /** One endpoint of a snapshot, with its last report, its live load and its breaker. */
    public record Member(Endpoint endpoint, EndpointMetrics metrics, EndpointLoad load, EndpointBreaker breaker) {}

    public String name() {
        return name;
    }

    /** Returns the model names clients may ask for. */
    public Set<String> models() {
        return models;
    }

    /** Tells whether an endpoint has announced, by its list of models or its adapters, that it serves {@code name}. */
    public boolean announces(String name, Instant now) {
        for (Member member : snapshot.members()) {
            if (member.metrics().fresh(now, staleAfter).announces(name)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the models and adapters that are on the list of an endpoint. */
    public Set<String> announcedModels(Instant now) {
        Set<String> names = new TreeSet<>();
        for (Member member : snapshot.members()) {
            ServedModels served = member.metrics().fresh(now, staleAfter).models();
            if (served != null) {
                served.models().forEach(model -> names.add(model.id()));
            }
        }
        return names;
    }

    /** Returns what is known now. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** Returns every endpoint as a request that arrives at {@code now} sees it; stale signals are absent. */
    public List<EndpointState> candidates(Instant now) {
        List<Member> members = snapshot.members();
        List<EndpointState> candidates = new ArrayList<>(members.size());
        for (Member member : members) {
            candidates.add(new EndpointState(
                    member.endpoint(), member.metrics().fresh(now, staleAfter), member.load(), member.breaker(), now));
        }
        return candidates;
    }

    /**
     * Runs {@code listener} after each change of members, on the thread that changed them and without a lock.
     *
     * @return what ends that
     */
    public Runnable onMembersChanged(Runnable listener) {
        memberListeners.add(listener);
        return () -> memberListeners.remove(listener);
    }

    /** Makes {@code endpoints} the members; those that stay keep their load, report and breaker. */
    public void replaceEndpoints(Collection<Endpoint> endpoints) {
        synchronized (lock) {
            Map<String, Member> known = new HashMap<>();
            for (Member member : snapshot.members()) {
                known.put(member.endpoint().name(), member);
            }
            List<Member> next = new ArrayList<>(endpoints.size());
            for (Endpoint endpoint : endpoints) {
                Member old = known.remove(endpoint.name());
                if (old == null || !old.endpoint().address().equals(endpoint.address())) {
                    LOG.info("pool {}: endpoint {} at {} joined", name, endpoint.name(), endpoint.hostPort());
                    next.add(new Member(endpoint, EndpointMetrics.NONE, new EndpointLoad(), breakers.create(endpoint)));
                } else {
                    next.add(new Member(endpoint, old.metrics(), old.load(), old.breaker()));
                }
            }
            for (String gone : known.keySet()) {
                LOG.info("pool {}: endpoint {} left", name, gone);
                breakers.remove(gone);
            }
            snapshot = new Snapshot(next);
        }
        memberListeners.forEach(Runnable::run);
    }

    /**
     * Begins reading the report of {@code member}; hand the report to {@link ReportReading#done} when it has come. What
     * is sent to the endpoint in between counts on top of the report.
     */
    public ReportReading beginReport(Member member) {
        return new ReportReading(member, member.load().beforeReport());
    }

    /** One report on its way. */
    public final class ReportReading {
        private final Member member;
        private final int seen;

        private ReportReading(Member member, int seen) {
            this.member = member;
            this.seen = seen;
        }

        /** Takes {@code metrics} as the endpoint's newest report of its queue, unless the endpoint has left meanwhile. */
        public void done(EndpointMetrics metrics) {
            done(metrics, true);
        }

        /**
         * Takes {@code metrics} as the endpoint's newest report, unless the endpoint has left meanwhile.
         *
         * @param queueTold whether the report says how many requests wait; if not, what was sent still counts on top
         */
        public void done(EndpointMetrics metrics, boolean queueTold) {
            synchronized (lock) {
                List<Member> next = new ArrayList<>(snapshot.members());
                for (int i = 0; i < next.size(); i++) {
                    Member current = next.get(i);
                    if (current.load() == member.load()) {
                        if (queueTold) {
                            current.load().reported(seen);
                        }
                        next.set(i, new Member(current.endpoint(), metrics, current.load(), current.breaker()));
                        snapshot = new Snapshot(next);
                        return;
                    }
                }
            }
        }
    }
}
