package io.bactrian.cli;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.FailureInjection;
import io.bactrian.simulator.LatencyProfiles;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.AdapterOptions;
import io.netty.channel.EventLoopGroup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bactrian simulate}: a pool of pretend model servers, until the process is told to end. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        subcommands = SimulateFit.class,
        description = "Runs pretend model servers on 127.0.0.1: real HTTP, metrics and timing, invented tokens.")
public final class Simulate implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Simulate.class);
    private static final int NO_START = 1;
    private static final int MAX_CLOSING_SECONDS = 5;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--servers",
            paramLabel = "N",
            defaultValue = "1",
            description = "Number of servers (default: ${DEFAULT-VALUE}).")
    private int servers;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "Port of the first server, the others follow; 0 for free ones (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--model",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "demo",
            description =
                    "Name of the model; more names, separated by commas, are aliases (default: ${DEFAULT-VALUE}).")
    private String[] models = {};

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            defaultValue = "8b-h100",
            description = "Speed: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
            completionCandidates = LatencyProfiles.Names.class)
    private String profile = "";

    @Option(
            names = "--max-num-seqs",
            paramLabel = "N",
            defaultValue = "64",
            description = "Sequences that run together (default: ${DEFAULT-VALUE}).")
    private int maxSequences;

    @Option(
            names = "--max-num-batched-tokens",
            paramLabel = "N",
            defaultValue = "2048",
            description = "Tokens computed in one step (default: ${DEFAULT-VALUE}).")
    private int maxBatchedTokens;

    @Option(
            names = "--max-waiting-queue-length",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Sequences that may wait (default: ${DEFAULT-VALUE}).")
    private int maxWaiting;

    @Option(
            names = "--max-model-len",
            paramLabel = "TOKENS",
            defaultValue = "131072",
            description = "Longest prompt and answer together (default: ${DEFAULT-VALUE}).")
    private int maxModelTokens;

    @Option(
            names = "--kv-cache-size",
            paramLabel = "BLOCKS",
            defaultValue = "16384",
            description = "Blocks of the KV cache (default: ${DEFAULT-VALUE}).")
    private int kvBlocks;

    @Option(
            names = "--block-size",
            paramLabel = "TOKENS",
            defaultValue = "16",
            description = "Tokens in a KV block (default: ${DEFAULT-VALUE}).")
    private int blockSizeTokens;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "0",
            description = "Start of all random choices; server i uses SEED + i (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--adapters",
            paramLabel = "NAME",
            split = ",",
            description = "Names of LoRA adapters that every server answers to as well.")
    private List<String> adapters = new ArrayList<>();

    @Option(
            names = "--max-loras",
            paramLabel = "N",
            defaultValue = "1",
            description = "Adapters that are loaded at one time, if there are any (default: ${DEFAULT-VALUE}).")
    private int maxLoras;

    @Option(
            names = "--lora-load-times",
            paramLabel = "FILE",
            description =
                    "CSV with a column `value`: milliseconds that loading an adapter takes, one of them drawn each time."
                            + " Default: no time at all.")
    private @Nullable Path loraLoadTimes;

    @Option(
            names = "--startup-duration",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "How long a server is not ready after its start (default: ${DEFAULT-VALUE}).")
    private double startupSeconds;

    @Option(
            names = "--failure-injection-rate",
            paramLabel = "PERCENT",
            defaultValue = "0",
            description = "Requests that fail at random, 0 to 100 (default: ${DEFAULT-VALUE}).")
    private int failurePercent;

    @Option(
            names = "--event-loops",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads for all servers together; 0 for one a processor (default: ${DEFAULT-VALUE}).")
    private int eventLoops;

    @ArgGroup(validate = false, heading = "%nDisaggregation:%n")
    private SimulateTransferOptions transfers = new SimulateTransferOptions();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        List<SimulatedModelServerOptions> options = options();
        EventLoopGroup loops = SimulatedModelServer.newEventLoops(
                eventLoops > 0 ? eventLoops : Runtime.getRuntime().availableProcessors());
        List<SimulatedModelServer> running = new ArrayList<>();
        try {
            for (int i = 0; i < servers; i++) {
                running.add(SimulatedModelServer.builder()
                        .options(options.get(i))
                        .eventLoops(loops)
                        .port(port == 0 ? 0 : port + i)
                        .transferPort(transfers.port(i))
                        .start());
            }
        } catch (RuntimeException e) {
            spec.commandLine().getErr().println("simulate: " + e.getMessage());
            close(running, loops);
            return NO_START;
        }
        out.println("simulated: every answer is invented and says x-bactrian-simulated: true");
        running.forEach(server -> out.println(line(server)));
        out.flush();
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook = new Thread(() -> end(told, closed), "simulate-end");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            told.await();
        } finally {
            close(running, loops);
            closed.countDown();
        }
        return 0;
    }

    private List<SimulatedModelServerOptions> options() {
        if (servers < 1) {
            throw new ParameterException(spec.commandLine(), "--servers: " + servers + " (expected: >= 1)");
        }
        try {
            AdapterOptions places = adapterOptions();
            return IntStream.range(0, servers)
                    .mapToObj(server -> options(server, places))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns what a script needs to know of a server: where it listens, and its part if it has one. */
    private static String line(SimulatedModelServer server) {
        EndpointRole role = server.options().role();
        return role == EndpointRole.NONE
                ? server.uri().toString()
                : server.uri() + " role=" + role.value() + " transfer-port=" + server.transferPort();
    }

    private AdapterOptions adapterOptions() {
        if (adapters.isEmpty()) {
            return AdapterOptions.NONE;
        }
        if (maxLoras < 1) {
            throw new IllegalArgumentException("--max-loras: " + maxLoras + " (expected: >= 1)");
        }
        return new AdapterOptions(maxLoras, loraLoadTimes == null ? List.of() : LoadTimes.read(loraLoadTimes));
    }

    private SimulatedModelServerOptions options(int server, AdapterOptions places) {
        SimulatedModelServerOptions.Builder options = SimulatedModelServerOptions.builder()
                .adapters(places, adapters)
                .models(models)
                .latency(LatencyProfiles.of(profile))
                .maxSequences(maxSequences)
                .maxBatchedTokens(maxBatchedTokens)
                .maxWaiting(maxWaiting)
                .maxModelTokens(maxModelTokens)
                .kvBlocks(kvBlocks)
                .blockSizeTokens(blockSizeTokens)
                .seed(seed + server)
                .startupDuration(Duration.ofMillis(Math.round(startupSeconds * 1000)))
                .failures(new FailureInjection(failurePercent, List.of()))
                .name("simulated-" + server);
        transfers.apply(server, options);
        return options.build();
    }

    /** Holds the end of the process up until the servers are closed, but not for ever. */
    private static void end(CountDownLatch told, CountDownLatch closed) {
        told.countDown();
        try {
            if (!closed.await(MAX_CLOSING_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("simulated servers are still closing after {} s", MAX_CLOSING_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(List<SimulatedModelServer> servers, EventLoopGroup loops) {
        servers.forEach(SimulatedModelServer::close);
        loops.shutdownGracefully(0, MAX_CLOSING_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
