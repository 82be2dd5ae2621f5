package io.bactrian.simulator.replay;

import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.profile.Schedulers;
import io.bactrian.simulator.engine.VirtualClock;
import io.bactrian.simulator.load.Histograms;
import io.bactrian.simulator.load.Measurement;
import io.bactrian.simulator.load.RequestResult;
import io.bactrian.simulator.load.Workload;
import io.bactrian.simulator.load.WorkloadRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * A workload against a simulated pool, in virtual time: minutes of traffic in seconds, the same every time.
 *
 * <p>The router's own scheduler decides, from the same reports, reservations and prefix index as in the gateway; the
 * engines are those of the simulated model servers. There is no flow control, no failure and no HTTP: what bytes cost is
 * the hop of the settings.
 */
public final class PoolReplay {
    private final Workload workload;
    private final ReplaySettings settings;
    private final VirtualClock clock = new VirtualClock();
    private final VirtualEndpoints endpoints;
    private final Scheduler scheduler;
    private final Histogram gaps = Histograms.nanoseconds();
    private final List<RequestResult> results = new ArrayList<>();
    private long split;

    private PoolReplay(Workload workload, SchedulingPolicy policy, ReplaySettings settings) {
        this.workload = workload;
        this.settings = settings;
        this.endpoints = new VirtualEndpoints(settings, clock);
        SplittableRandom random = new SplittableRandom(settings.seed());
        this.scheduler = Schedulers.assemble(
                1,
                policy,
                new PluginServices(endpoints.pool(), SchedulingObserver.NONE, Runnable::run, endpoints::now),
                () -> random);
    }

    /**
     * What a replay shows.
     *
     * @param measurement as a load generator would have measured it
     * @param split requests whose prompt was computed by another endpoint than the one that answered
     */
    public record Result(Measurement measurement, long split) {}

    /**
     * Replays {@code workload}.
     *
     * @throws IllegalArgumentException if the policy is wrong
     */
    public static Result run(Workload workload, SchedulingPolicy policy, ReplaySettings settings) {
        return new PoolReplay(workload, policy, settings).run();
    }

    private Result run() {
        reportAndGoOn();
        for (int i = 0; i < workload.requests().size(); i++) {
            int index = i;
            WorkloadRequest due = workload.requests().get(i);
            clock.schedule(due.sendAt().toNanos(), () -> new ReplayedRequest(this, index, due).arrive());
        }
        while (results.size() < workload.requests().size()) {
            clock.runNext();
        }
        Duration elapsed = Duration.ofNanos(clock.nanoTime());
        List<RequestResult> inOrder = results.stream()
                .sorted(Comparator.comparingInt(RequestResult::index))
                .toList();
        return new Result(new Measurement(workload, inOrder, gaps, elapsed), split);
    }

    private void reportAndGoOn() {
        endpoints.report();
        clock.schedule(settings.reportInterval().toNanos(), this::reportAndGoOn);
    }

    Scheduler scheduler() {
        return scheduler;
    }

    VirtualEndpoints endpoints() {
        return endpoints;
    }

    long nanos() {
        return clock.nanoTime();
    }

    long hopNanos() {
        return settings.hop().toNanos();
    }

    void afterHop(Runnable action) {
        clock.schedule(settings.hop().toNanos(), action);
    }

    void gap(long nanos) {
        gaps.recordValue(nanos);
    }

    void ended(ReplayedRequest request, RequestResult result) {
        results.add(result);
        split += request.isSplit() ? 1 : 0;
    }
}
