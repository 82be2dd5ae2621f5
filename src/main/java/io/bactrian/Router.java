package io.bactrian;

import io.bactrian.component.extproc.ExtProcSettings;
import io.bactrian.component.nettyhttp.DrainSettings;
import io.bactrian.component.tls.ServerTls;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.config.RouteFiles;
import io.bactrian.relay.RelayObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.camel.CamelContext;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One router in this process, from its start to its drained stop. */
public final class Router implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);

    /** What Camel may take to stop its own services once the requests have ended. */
    private static final int EXTRA_STOP_SECONDS = 15;

    private final BactrianSettings settings;
    private final BactrianApplication application;
    private final Main main = new Main();
    private final Operations operations;
    private volatile boolean closing;

    /**
     * Makes a router that is not started.
     *
     * @param properties everything that was given: Camel's keys are passed on to Camel
     */
    public Router(BactrianSettings settings, Map<String, String> properties) {
        this(settings, properties, RelayObserver.NONE);
    }

    /**
     * Makes a router that is not started.
     *
     * @param properties everything that was given: Camel's keys are passed on to Camel
     * @param relayObserver is told of every request that was sent to a model server
     */
    public Router(BactrianSettings settings, Map<String, String> properties, RelayObserver relayObserver) {
        this.settings = settings.withFreePorts();
        this.application = new BactrianApplication(this.settings, Clock.systemUTC(), relayObserver);
        main.setPropertyPlaceholderLocations("false"); // everything comes from here
        Properties builtIn = builtInProperties();
        builtIn.forEach((key, value) -> main.addInitialProperty((String) key, (String) value));
        this.operations = Operations.of(builtIn, properties);
        properties.forEach(main::addOverrideProperty);
        application.configure(main);
        DrainSettings drain = this.settings.drain();
        main.configure().setShutdownTimeout((int) Math.max(1, drain.timeout().toSeconds()));
        main.configure().setExtraShutdownTimeout((int) drain.delay().toSeconds() + EXTRA_STOP_SECONDS);
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport initializing) {
                placeholdersAsSettled(initializing.getCamelContext());
            }

            @Override
            public void beforeStop(BaseMainSupport stopping) {
                drain();
            }

            @Override
            public void afterStop(BaseMainSupport stopped) {
                application.stop();
            }
        });
    }

    /** Routes see the values that the settings came to: a free port for 0, say, whatever -D or the environment gave. */
    private static void placeholdersAsSettled(CamelContext camel) {
        PropertiesComponent properties = (PropertiesComponent) camel.getPropertiesComponent();
        properties.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_FALLBACK);
        properties.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_FALLBACK);
    }

    private static Properties builtInProperties() {
        Properties properties = new Properties();
        try (InputStream in = Router.class.getResourceAsStream("/bactrian.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("reading bactrian.properties", e);
        }
        return properties;
    }

    /**
     * Lets {@code change} prepare Camel before it reads the routes: to mock endpoints in a test, say. Call it before the
     * start.
     */
    public Router prepare(Consumer<CamelContext> change) {
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeConfigure(BaseMainSupport configuring) {
                change.accept(configuring.getCamelContext());
            }
        });
        return this;
    }

    /** Throws {@link ConfigurationException} if a router could not start with these settings; starts nothing. */
    public static void check(BactrianSettings settings, Map<String, String> properties) {
        try (Router router = new Router(settings, properties)) {
            router.prepareRoutes();
        }
    }

    /** Returns Camel, once started. */
    public CamelContext camel() {
        return main.getCamelContext();
    }

    /** Starts; requests are taken when this returns. Throws {@link ConfigurationException} if a route is wrong. */
    public void start() {
        try {
            init();
            main.start();
        } catch (RuntimeException e) {
            throw failed(e);
        }
        application.start(camel());
    }

    /**
     * Starts, runs {@code started}, and returns after a SIGTERM and the drain. Throws {@link ConfigurationException} if a
     * route is wrong.
     */
    public void run(Runnable started) throws Exception {
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void afterStart(BaseMainSupport running) {
                application.start(running.getCamelContext());
                started.run();
            }
        });
        try {
            init();
            main.run();
        } catch (RuntimeException e) {
            throw failed(e);
        }
    }

    /** Where Camel shows health and metrics. */
    private record Operations(boolean enabled, String host, int port) {
        static Operations of(Properties builtIn, Map<String, String> given) {
            // As Camel does: the environment wins over what was given, and that over what is built in.
            UnaryOperator<String> value = key -> System.getenv()
                    .getOrDefault(
                            key.toUpperCase(Locale.ROOT).replace('.', '_'),
                            given.getOrDefault(key, builtIn.getProperty(key)));
            return new Operations(
                    Boolean.parseBoolean(value.apply("camel.management.enabled")),
                    value.apply("camel.management.host"),
                    Integer.parseInt(value.apply("camel.management.port")));
        }
    }

    private void init() {
        if (settings.isEndpointPicker()) {
            ExtProcSettings door = settings.extProc();
            PortsInUse.refuse("bactrian.ext-proc.port", door.host(), door.port());
            PortsInUse.refuse("bactrian.ext-proc.health-port", door.host(), door.healthPort());
        } else {
            for (int door = 0; door < settings.doors(); door++) {
                PortsInUse.refuse(
                        "bactrian.http.port",
                        settings.http().host(),
                        settings.http().port() + door);
            }
        }
        if (operations.enabled()) {
            PortsInUse.refuse("camel.management.port", operations.host(), operations.port());
        }
        readRoutes();
    }

    private void prepareRoutes() {
        try {
            readRoutes();
        } catch (RuntimeException e) {
            throw failed(e);
        }
    }

    private void readRoutes() {
        main.init();
        application.addRoutes(camel());
        application.assembleSchedulers(name -> camel().getRegistry().lookupByName(name));
        DirectCalls.requireTargets(camel());
    }

    private RuntimeException failed(RuntimeException failure) {
        RouteFault fault = new RouteFault(RouteFiles.locations(settings.routes(), settings.role()), camel());
        application.stop();
        return fault.explain(failure)
                .<RuntimeException>map(explained -> explained)
                .orElse(failure);
    }

    private void drain() {
        if (closing) {
            return;
        }
        try {
            application.drain().leave();
            Thread.sleep(settings.drain().delay().toMillis());
            if (!application.drain().refuseAndAwaitIdle(settings.drain().timeout())) {
                LOG.warn(
                        "{} requests are cut by the end of bactrian.drain.timeout",
                        application.drain().inFlight());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns where clients, or proxies, reach the router. */
    public String url() {
        return settings.isEndpointPicker()
                ? "ext-proc://" + settings.extProc().host() + ":"
                        + settings.extProc().port()
                : (settings.doorTls().equals(ServerTls.OFF) ? "http://" : "https://")
                        + settings.http().host() + ":" + settings.http().port();
    }

    /** Returns what the router runs with: free ports stand in place of port 0. */
    public BactrianSettings settings() {
        return settings;
    }

    /** Returns the parts, for a look at what they hold. */
    public BactrianApplication application() {
        return application;
    }

    /** Stops at once, without a drain. */
    @Override
    public void close() {
        closing = true;
        main.stop();
        application.stop();
    }
}
