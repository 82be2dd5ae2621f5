package io.bactrian;

import io.bactrian.api.BodyReader;
import io.bactrian.api.RequestPaths;
import io.bactrian.component.modelserver.ModelServerComponent;
import io.bactrian.component.nettyhttp.BactrianNettyHttpComponent;
import io.bactrian.component.nettyhttp.ConnectionLimit;
import io.bactrian.component.nettyhttp.DoorBinding;
import io.bactrian.component.nettyhttp.DoorInitializer;
import io.bactrian.component.nettyhttp.DrainState;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.component.nettyhttp.ReadinessCheck;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfiguredObjectives;
import io.bactrian.config.PoolMetrics;
import io.bactrian.config.Pools;
import io.bactrian.config.RouteFiles;
import io.bactrian.endpoint.RetryBudget;
import io.bactrian.relay.EventLoops;
import io.bactrian.relay.LoopWatchdog;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.ResponseFlows;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.step.AnswerError;
import io.bactrian.step.AssignPool;
import io.bactrian.step.AwaitAdmission;
import io.bactrian.step.EnrichMetrics;
import io.bactrian.step.EnrichPrefix;
import io.bactrian.step.ListModels;
import io.bactrian.step.PickEndpoints;
import io.bactrian.step.ReadRequest;
import io.bactrian.telemetry.RelayMeters;
import io.bactrian.telemetry.RouteMeters;
import io.bactrian.telemetry.RouterGauges;
import io.bactrian.telemetry.SchedulingMeters;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.micrometer.MicrometerConstants;
import org.apache.camel.main.Main;

/** Makes the parts of the router and binds them under the names that routes know them by. */
public final class BactrianApplication {
    private static final int STOP_SECONDS = 5;

    private final BactrianSettings settings;
    private final Clock clock;
    private final RelayObserver relayObserver;
    private final EventLoopGroup loops;
    private final ExecutorService workers;
    private final ScheduledExecutorService files; // looks for changed files: disks may hold a thread
    private final DrainState drain = new DrainState();
    private final MemoryBudget budget;
    private final ConnectionLimit connections;
    private final ModelServerClient client;
    private final List<ScheduledPool> pools;
    private final ConfiguredObjectives objectives;
    private final LoopWatchdog watchdog;
    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** @param relayObserver is told of every request that was sent to a model server */
    public BactrianApplication(BactrianSettings settings, Clock clock, RelayObserver relayObserver) {
        this.settings = settings;
        this.clock = clock;
        this.relayObserver = relayObserver;
        HttpSettings http = settings.http();
        this.objectives = new ConfiguredObjectives(settings.objectives());
        this.loops = EventLoops.create(http.eventLoops(), "bactrian-loop");
        this.watchdog = new LoopWatchdog(loops, http.loopHeldWarning());
        this.workers = Executors.newFixedThreadPool(http.workerThreads(), work -> daemon(work, "bactrian-worker"));
        this.pools = Pools.create(settings, clock, new SchedulingMeters(meters), workers);
        this.files = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "bactrian-files"));
        this.budget = new MemoryBudget(http.maxBufferedBytes());
        this.connections = new ConnectionLimit(http.maxConnections());
        this.client = new ModelServerClient(settings.upstream());
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Binds every part into {@code main} and tells it where the routes are. */
    public void configure(Main main) {
        main.configure().setRoutesIncludePattern(String.join(",", RouteFiles.locations(settings.routes())));
        main.addOverrideProperty("bactrian.http.host", settings.http().host());
        main.addOverrideProperty(
                "bactrian.http.port", String.valueOf(settings.http().port()));
        main.addOverrideProperty("nativeTransport", String.valueOf(EventLoops.isNative()));
        bindDoor(main);
        bindSteps(main);
        bindRelay(main);
        main.bind(MicrometerConstants.METRICS_REGISTRY_NAME, meters);
        main.bind("routeMeters", new RouteMeters(meters));
        showGauges();
    }

    /** Begins what runs beside the requests. */
    public void start() {
        PoolMetrics metrics = new PoolMetrics(loops, client, settings.metrics(), clock);
        pools.forEach(pool -> metrics.watch(pool.pool()));
        objectives.watch(files);
    }

    /** Ends every thread. */
    public void stop() {
        watchdog.close();
        files.shutdownNow();
        workers.shutdownNow();
        // No quiet period: whoever could submit more has been stopped before.
        loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** Returns whether requests are taken, and how many are under way. */
    public DrainState drain() {
        return drain;
    }

    /** Returns the bytes of request bodies held. */
    public MemoryBudget budget() {
        return budget;
    }

    /** Returns the client connections that are open. */
    public int openConnections() {
        return connections.open();
    }

    /** Returns the pools, in the order of their names. */
    public List<ScheduledPool> pools() {
        return pools;
    }

    private void bindDoor(Main main) {
        List<String> responseHeaders = new ArrayList<>(settings.http().responseHeaders());
        responseHeaders.add(AnswerError.RETRY_AFTER);
        responseHeaders.add(AnswerError.DROPPED_REASON);
        responseHeaders.add(AnswerError.ALLOW);
        main.bind("netty-http", new BactrianNettyHttpComponent());
        main.bind("door", new DoorInitializer(settings.http(), budget, connections, drain));
        main.bind("doorBinding", new DoorBinding(responseHeaders));
        main.bind(
                "readiness",
                new ReadinessCheck(
                        drain, pools.stream().map(ScheduledPool::pool).toList()));
        main.bind("eventLoops", loops);
        main.bind("workers", workers);
    }

    private void bindSteps(Main main) {
        RequestPaths paths = new RequestPaths(settings.passthrough().paths());
        BodyReader reader = new BodyReader(settings.http().maxBodyBytes());
        main.bind("readRequest", new ReadRequest(paths, reader, settings.http().exposedHeaders(), workers));
        main.bind("assignPool", new AssignPool(pools));
        main.bind("listModels", new ListModels(models()));
        main.bind("awaitAdmission", new AwaitAdmission(objectives.objectives(), clock));
        main.bind("enrichMetrics", new EnrichMetrics(clock));
        main.bind("enrichPrefix", new EnrichPrefix(workers));
        main.bind("pickEndpoints", new PickEndpoints());
        main.bind("answerError", new AnswerError());
    }

    private List<String> models() {
        return pools.stream()
                .flatMap(pool -> pool.pool().models().stream())
                .sorted()
                .toList();
    }

    private void showGauges() {
        RouterGauges gauges = new RouterGauges(meters);
        gauges.requestsUnderWay(drain::inFlight);
        gauges.heldBytes(budget::heldBytes);
        gauges.clientConnections(connections::open);
        gauges.info(Version.current());
        pools.forEach(pool -> gauges.readyEndpoints(pool.pool()));
    }

    private void bindRelay(Main main) {
        main.bind(
                "model-server",
                new ModelServerComponent(new ModelServerComponent.Services(
                        loops,
                        client,
                        new ResponseFlows(settings.upstream()),
                        new RetryBudget(settings.retry()),
                        observers(),
                        settings.http().responseHeaders())));
    }

    private RelayObserver observers() {
        RelayMeters relayMeters = new RelayMeters(meters);
        return record -> {
            relayMeters.ended(record);
            relayObserver.ended(record);
        };
    }
}
