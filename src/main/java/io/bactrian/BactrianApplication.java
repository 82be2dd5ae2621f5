package io.bactrian;

import ch.qos.logback.classic.LoggerContext;
import io.bactrian.api.BodyReader;
import io.bactrian.api.RequestPaths;
import io.bactrian.component.extproc.ExtProcComponent;
import io.bactrian.component.extproc.ExtProcSettings;
import io.bactrian.component.extproc.HandOver;
import io.bactrian.component.modelserver.EngineIds;
import io.bactrian.component.modelserver.ModelServerComponent;
import io.bactrian.component.modelserver.Splits;
import io.bactrian.component.nettyhttp.BactrianNettyHttpComponent;
import io.bactrian.component.nettyhttp.ConnectionLimit;
import io.bactrian.component.nettyhttp.DoorBinding;
import io.bactrian.component.nettyhttp.DoorInitializer;
import io.bactrian.component.nettyhttp.DoorTls;
import io.bactrian.component.nettyhttp.DrainState;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.component.nettyhttp.ReadinessCheck;
import io.bactrian.component.operations.DecisionsPage;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.config.ConfiguredModelRewrites;
import io.bactrian.config.ConfiguredObjectives;
import io.bactrian.config.PoolMembers;
import io.bactrian.config.PoolScheduling;
import io.bactrian.config.Pools;
import io.bactrian.config.ReloadObserver;
import io.bactrian.config.RouteFiles;
import io.bactrian.config.datalayer.HealthChecks;
import io.bactrian.config.datalayer.PoolMetrics;
import io.bactrian.disaggregation.SidecarSettings;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.RetryBudget;
import io.bactrian.relay.EventLoops;
import io.bactrian.relay.LoopWatchdog;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.RelayObservers;
import io.bactrian.relay.ResponseFlows;
import io.bactrian.request.RequestTracer;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.explain.DecisionLog;
import io.bactrian.scheduling.explain.RecordingObserver;
import io.bactrian.step.AnswerError;
import io.bactrian.step.AssignPool;
import io.bactrian.step.AwaitAdmission;
import io.bactrian.step.EnrichMetrics;
import io.bactrian.step.EnrichPrefix;
import io.bactrian.step.ListModels;
import io.bactrian.step.PickAny;
import io.bactrian.step.PickEndpoints;
import io.bactrian.step.ReadRequest;
import io.bactrian.step.RewriteModel;
import io.bactrian.telemetry.AccessLog;
import io.bactrian.telemetry.AccessLogOutput;
import io.bactrian.telemetry.PageMeters;
import io.bactrian.telemetry.PoolGauges;
import io.bactrian.telemetry.RelayMeters;
import io.bactrian.telemetry.ReloadMeters;
import io.bactrian.telemetry.RewriteMeters;
import io.bactrian.telemetry.RouteMeters;
import io.bactrian.telemetry.RouterGauges;
import io.bactrian.telemetry.SchedulingMeters;
import io.bactrian.telemetry.SplitMeters;
import io.bactrian.telemetry.Tracing;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.component.micrometer.MicrometerConstants;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the parts of the router and binds them under the names that routes know them by. */
public final class BactrianApplication {
    private static final Logger LOG = LoggerFactory.getLogger(BactrianApplication.class);
    private static final int STOP_SECONDS = 5;

    private final BactrianSettings settings;
    private final Clock clock;
    private final EventLoopGroup loops;
    private final ExecutorService workers;
    private final ScheduledExecutorService files; // looks for changed files: disks may hold a thread
    private final DrainState drain = new DrainState();
    private final MemoryBudget budget;
    private final ConnectionLimit connections;
    private final ModelServerClient plainClient;
    private final ModelServerClient client; // to those who answer
    private final List<ScheduledPool> pools;
    private final DecisionLog decisions;
    private final List<PoolMembers> members; // of the pools, in their order
    private final List<PoolMetrics> metrics = new ArrayList<>();
    private final List<PoolScheduling> schedulings = new ArrayList<>();
    private final ConfiguredObjectives objectives;
    private final ConfiguredModelRewrites modelRewrites;
    private final LoopWatchdog watchdog;
    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final SchedulingMeters schedulingMeters;
    private final List<AutoCloseable> outputs = new ArrayList<>(); // of telemetry, to be closed last
    private final Splits splits;
    private final @Nullable Sidecar sidecar; // in that role
    private final @Nullable DoorTls doorTls;
    private final RequestTracer tracer;
    private final RelayObserver observer; // all that want to hear of requests

    /** @param relayObserver is told of every request that was sent to a model server */
    public BactrianApplication(BactrianSettings settings, Clock clock, RelayObserver relayObserver) {
        this.settings = settings;
        this.clock = clock;
        HttpSettings http = settings.http();
        this.decisions = new DecisionLog(settings.decisions().capacity());
        this.objectives = new ConfiguredObjectives(settings.objectives());
        this.modelRewrites = new ConfiguredModelRewrites(settings.modelRewrites());
        this.loops = EventLoops.create(http.eventLoops(), "bactrian-loop");
        this.watchdog = new LoopWatchdog(loops, http.loopHeldWarning());
        this.workers = Executors.newFixedThreadPool(http.workerThreads(), work -> daemon(work, "bactrian-worker"));
        this.schedulingMeters = new SchedulingMeters(meters, settings.models());
        Tracing tracing = tracing();
        this.tracer = tracing == null ? RequestTracer.NONE : tracing;
        this.observer = observers(relayObserver, tracing);
        this.splits = new Splits(settings.splits(), new SplitMeters(meters));
        this.sidecar = settings.isSidecar() ? new Sidecar(settings, clock) : null;
        this.pools = sidecar == null ? Pools.create(settings, clock) : List.of(sidecar.engine());
        this.members = sidecar == null
                ? pools.stream().map(pool -> Pools.members(pool, settings)).toList()
                : List.of();
        this.files = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "bactrian-files"));
        this.doorTls = doorTls();
        this.budget = new MemoryBudget(http.maxBufferedBytes());
        this.connections = new ConnectionLimit(http.maxConnections());
        this.plainClient = new ModelServerClient(settings.upstream());
        this.client = client(SidecarSettings.DECODER);
    }

    private ModelServerClient client(String leg) {
        return sidecar == null ? plainClient : sidecar.client(leg, plainClient);
    }

    private @Nullable DoorTls doorTls() {
        try {
            DoorTls tls = settings.isEndpointPicker() ? null : DoorTls.of(settings.doorTls(), files);
            if (tls != null) {
                outputs.add(tls);
            }
            return tls;
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }

    private @Nullable Tracing tracing() {
        if (!settings.tracing().isOn()) {
            return null;
        }
        Tracing tracing =
                new Tracing(settings.tracing().endpoint(), settings.tracing().sampleRatio(), Version.current());
        outputs.add(tracing);
        return tracing;
    }

    private RelayObserver observers(RelayObserver given, @Nullable Tracing tracing) {
        List<RelayObserver> all = new ArrayList<>();
        all.add(new RelayMeters(meters, settings.models()));
        if (settings.accessLog().enabled()) {
            outputs.add(openAccessLog(settings.accessLog().file()));
            all.add(new AccessLog(clock));
        }
        if (tracing != null) {
            all.add(tracing);
        }
        all.add(given);
        return RelayObservers.of(all);
    }

    private static AccessLogOutput openAccessLog(String file) {
        try {
            return AccessLogOutput.open((LoggerContext) LoggerFactory.getILoggerFactory(), file);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "bactrian.access-log.file: " + file + " (expected: a file that can be written to)", e);
        }
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Binds every part into {@code main} and tells it where the routes are. */
    public void configure(Main main) {
        main.configure()
                .setRoutesIncludePattern(String.join(",", RouteFiles.locations(settings.routes(), settings.role())));
        main.addOverrideProperty("bactrian.http.host", settings.http().host());
        main.addOverrideProperty(
                "bactrian.http.port", String.valueOf(settings.http().port()));
        ExtProcSettings extProc = settings.extProc();
        main.addOverrideProperty("bactrian.ext-proc.host", extProc.host());
        main.addOverrideProperty("bactrian.ext-proc.port", String.valueOf(extProc.port()));
        main.addOverrideProperty("bactrian.ext-proc.health-port", String.valueOf(extProc.healthPort()));
        main.addOverrideProperty("nativeTransport", String.valueOf(EventLoops.isNative()));
        bindDoor(main);
        if (settings.isEndpointPicker()) {
            bindProxyDoor(main);
        }
        ReadRequest readRequest = bindSteps(main);
        if (sidecar != null) {
            sidecar.bind(main, readRequest, workers);
        }
        bindRelay(main);
        main.bind(MicrometerConstants.METRICS_REGISTRY_NAME, meters);
        main.bind("routeMeters", new RouteMeters(meters));
        showGauges();
    }

    /**
     * Gives every pool its scheduler; throws {@link ConfigurationException} if a scheduling file cannot be used.
     *
     * @param beans finds what routes and classes have bound under a name
     */
    public void assembleSchedulers(Function<String, @Nullable Object> beans) {
        SchedulingObserver observer = settings.decisions().capacity() == 0
                ? schedulingMeters
                : new RecordingObserver(schedulingMeters, decisions);
        if (sidecar != null) {
            sidecar.schedule(observer);
            return;
        }
        ReloadObserver reloads = new ReloadMeters(meters)::reloaded;
        PoolMetrics.Services reading = new PoolMetrics.Services(
                loops, client, settings.upstream(), settings.metrics(), clock, new PageMeters(meters));
        for (int i = 0; i < pools.size(); i++) {
            ScheduledPool pool = pools.get(i);
            PluginServices services = new PluginServices(pool.pool(), observer, workers, clock, beans);
            PoolMetrics reports = new PoolMetrics(pool.pool(), reading);
            PoolScheduling scheduling = Pools.scheduling(pool, settings, services, members.get(i), reports, reloads);
            scheduling.start();
            metrics.add(reports);
            schedulings.add(scheduling);
        }
    }

    /** Begins what runs beside the requests, in {@code camel}, which has been started. */
    public void start(CamelContext camel) {
        new DecisionsPage(decisions).addTo(camel);
        metrics.forEach(PoolMetrics::start);
        HealthChecks health = new HealthChecks(loops, client, settings.health());
        pools.forEach(pool -> health.watch(pool.pool()));
        objectives.watch(files);
        modelRewrites.watch(files);
        if (sidecar != null) {
            sidecar.watch(files);
        }
        splits.listen(loops);
        members.forEach(of -> of.watch(files));
        schedulings.forEach(scheduling -> scheduling.watch(files));
    }

    /** Ends every thread. */
    public void stop() {
        watchdog.close();
        files.shutdownNow();
        workers.shutdownNow();
        // No quiet period: whoever could submit more has been stopped before.
        loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        for (AutoCloseable output : outputs) {
            close(output);
        }
    }

    private static void close(AutoCloseable output) {
        try {
            output.close();
        } catch (Exception e) {
            LOG.warn("closing {}", output, e);
        }
    }

    /** Adds the routes that the settings ask for, in {@code camel}, which has read the others. */
    void addRoutes(CamelContext camel) {
        if (sidecar != null) {
            sidecar.addRanks(camel);
        }
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

    /** Returns what has been counted and measured. */
    public PrometheusMeterRegistry meters() {
        return meters;
    }

    /** Returns what is kept of decisions. */
    public DecisionLog decisions() {
        return decisions;
    }

    /** Returns the pools, in the order of their names. */
    public List<ScheduledPool> pools() {
        return pools;
    }

    private void bindDoor(Main main) {
        List<String> responseHeaders = new ArrayList<>(routeHeaders());
        responseHeaders.add(AnswerError.RETRY_AFTER);
        responseHeaders.add(AnswerError.DROPPED_REASON);
        responseHeaders.add(AnswerError.ALLOW);
        main.bind("netty-http", new BactrianNettyHttpComponent());
        main.bind("door", new DoorInitializer(settings.http(), budget, connections, drain, observer, doorTls));
        main.bind("doorBinding", new DoorBinding(responseHeaders));
        main.bind(
                "readiness",
                new ReadinessCheck(
                        drain, pools.stream().map(ScheduledPool::pool).toList(), settings.isSidecar()));
        main.bind("eventLoops", loops);
        main.bind("workers", workers);
    }

    private void bindProxyDoor(Main main) {
        main.bind(
                "ext-proc",
                new ExtProcComponent(new ExtProcComponent.Services(
                        settings.extProc(),
                        settings.http(),
                        loops,
                        files,
                        budget,
                        drain,
                        () -> drain.stage() == DrainState.Stage.SERVING,
                        observer,
                        new ReloadMeters(meters)::certificateReloaded)));
        main.bind("handOver", new HandOver(observer));
    }

    /** Returns the Camel headers that are copied to answers. */
    private List<String> routeHeaders() {
        List<String> headers = new ArrayList<>(settings.http().responseHeaders());
        if (settings.decisions().explainHeader()) {
            headers.add(PickEndpoints.EXPLAIN);
        }
        return headers;
    }

    private ReadRequest bindSteps(Main main) {
        RequestPaths paths = new RequestPaths(settings.passthrough().paths());
        BodyReader reader =
                new BodyReader(settings.http().maxBodyBytes(), settings.http().trustCoordinator());
        ReadRequest readRequest =
                new ReadRequest(paths, reader, settings.http().exposedHeaders(), workers, observer, tracer);
        main.bind("readRequest", readRequest);
        main.bind("pickAny", new PickAny(readRequest, pools, clock));
        main.bind(
                "rewriteModel",
                new RewriteModel(
                        modelRewrites.rewrites(),
                        pools,
                        settings.modelRewrites().trustHeader(),
                        ThreadLocalRandom::current,
                        new RewriteMeters(meters, settings.models())::rewritten));
        main.bind("assignPool", new AssignPool(pools, clock));
        main.bind("listModels", new ListModels(settings.models(), pools, clock));
        main.bind("awaitAdmission", new AwaitAdmission(objectives.objectives(), clock));
        main.bind("enrichMetrics", new EnrichMetrics(clock));
        main.bind("enrichPrefix", new EnrichPrefix(workers));
        main.bind(
                "pickEndpoints",
                new PickEndpoints(settings.decisions().explainHeader(), schedulingMeters::decisionTook, splits));
        main.bind("answerError", new AnswerError(settings.isSidecar()));
        return readRequest;
    }

    private void showGauges() {
        RouterGauges gauges = new RouterGauges(meters);
        gauges.requestsUnderWay(drain::inFlight);
        gauges.heldBytes(budget::heldBytes);
        gauges.clientConnections(connections::open);
        gauges.info(Version.current());
        List<EndpointPool> endpoints = pools.stream().map(ScheduledPool::pool).toList();
        PoolGauges.show(meters, clock, pools);
        schedulingMeters.watch(endpoints);
    }

    private void bindRelay(Main main) {
        main.bind(
                "model-server",
                new ModelServerComponent(new ModelServerComponent.Services(
                        loops,
                        client,
                        new ResponseFlows(settings.upstream()),
                        new RetryBudget(settings.retry()),
                        observer,
                        routeHeaders(),
                        splits,
                        new EngineIds(plainClient),
                        workers,
                        client(SidecarSettings.PREFILLER),
                        client(SidecarSettings.ENCODER))));
    }
}
