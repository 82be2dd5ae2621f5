package io.bactrian.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.bactrian.config.SchedulingFile;
import io.bactrian.config.SchedulingFileReader;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.simulator.LatencyProfiles;
import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.TransferCost;
import io.bactrian.simulator.load.LoadReport;
import io.bactrian.simulator.load.Slo;
import io.bactrian.simulator.load.Workload;
import io.bactrian.simulator.replay.PoolReplay;
import io.bactrian.simulator.replay.PoolShape;
import io.bactrian.simulator.replay.ReplaySettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bactrian replay}: a workload against a simulated pool in virtual time, by the router's own scheduler. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Replays a workload over a simulated pool in virtual time: what would this scheduling policy do?",
        footerHeading = "%nExamples:%n",
        footer = {
            "  bactrian replay --pool 4 --rate 20 --duration 2m",
            "  bactrian replay --pool 1P+3D --policy disaggregated.yaml --azure trace.csv --duration 2m --loads 1,2,4 --runs 5"
        })
public final class Replay implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @ArgGroup(validate = false, heading = "%nThe pool:%n")
    private PoolOptions poolOptions = new PoolOptions();

    @ArgGroup(validate = false, heading = "%nWhat to send (without a trace: tenants with shared prefixes):%n")
    private LoadWorkloadOptions workloadOptions = new LoadWorkloadOptions();

    @ArgGroup(validate = false, heading = "%nRuns and their report:%n")
    private RunOptions runOptions = new RunOptions();

    /** The options that say what serves and who decides. */
    static final class PoolOptions {
        @Option(
                names = "--pool",
                paramLabel = "SHAPE",
                description = "Endpoints by role: P prefill, D decode, PD both, nothing for none; such as 4 or 1P+3D."
                        + " Default: ${DEFAULT-VALUE}.")
        private String shape = "4";

        @Option(
                names = "--policy",
                paramLabel = "FILE",
                description = "llm-d's EndpointPickerConfig. Default: the router's own.")
        private @Nullable Path policy;

        @Option(
                names = "--profile",
                paramLabel = "NAME",
                description = "Speed of each: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
                completionCandidates = LatencyProfiles.Names.class)
        private String profile = "8b-h100";

        @Option(
                names = "--max-num-seqs",
                paramLabel = "N",
                description = "Sequences that run together in each. Default: ${DEFAULT-VALUE}.")
        private int maxSequences = EngineOptions.DEFAULTS.maxSequences();

        @Option(
                names = "--kv-cache-size",
                paramLabel = "BLOCKS",
                description = "Blocks of each KV cache, of 16 tokens. Default: ${DEFAULT-VALUE}.")
        private int kvBlocks = EngineOptions.DEFAULTS.kvBlocks();

        @Option(
                names = "--kv-bandwidth",
                paramLabel = "GB/S",
                description = "Bandwidth at which an endpoint sends KV entries. Default: ${DEFAULT-VALUE}.")
        private double gigabytesPerSecond = TransferCost.DEFAULTS.bytesPerSecond() / 1e9;

        @Option(
                names = "--kv-lease",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "How long a prefill endpoint keeps blocks. Default: 30s.")
        private Duration lease = Duration.ofSeconds(30);

        ReplaySettings settings(long seed) {
            EngineOptions usual = EngineOptions.DEFAULTS;
            TransferCost cost = TransferCost.DEFAULTS;
            return new ReplaySettings(
                    PoolShape.parse(shape),
                    new EngineOptions(
                            maxSequences,
                            Math.max(usual.maxBatchedTokens(), maxSequences),
                            usual.maxWaiting(),
                            kvBlocks,
                            usual.blockSizeTokens(),
                            usual.prefixCaching(),
                            LatencyProfiles.of(profile),
                            0),
                    new TransferCost(cost.setupNanos(), cost.bytesPerToken(), gigabytesPerSecond * 1e9),
                    lease,
                    ReplaySettings.DEFAULT_HOP,
                    ReplaySettings.DEFAULT_REPORT_INTERVAL,
                    seed);
        }
    }

    /** The options that say how often, how fast, and what is good. */
    static final class RunOptions {
        @Option(
                names = "--loads",
                paramLabel = "FACTOR",
                split = ",",
                description = "Factors on the speed of the workload, each replayed by itself. Default: 1.")
        private List<Double> loads = List.of(1.0);

        @Option(
                names = "--runs",
                paramLabel = "N",
                description =
                        "Runs of each load: tenants with seeds that follow each other, a trace by windows of --duration"
                                + " that do. Default: ${DEFAULT-VALUE}.")
        private int runs = 1;

        @Option(
                names = "--slo-ttft",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Most time to the first token of a good request. Default: no bound.")
        private @Nullable Duration sloTtft;

        @Option(
                names = "--slo-itl",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Most mean gap between tokens of a good request. Default: no bound.")
        private @Nullable Duration sloItl;

        @Option(names = "--json", paramLabel = "FILE", description = "Write all runs as JSON.")
        private @Nullable Path json;
    }

    @Override
    public Integer call() throws IOException {
        List<ReplayRow> rows = new ArrayList<>();
        PrintWriter out = spec.commandLine().getOut();
        try {
            SchedulingPolicy policy = policy();
            Slo slo = new Slo(runOptions.sloTtft, runOptions.sloItl, null);
            for (double load : runOptions.loads) {
                for (int run = 0; run < runOptions.runs; run++) {
                    Workload workload = workloadOptions.workload(load, run);
                    PoolReplay.Result result = PoolReplay.run(workload, policy, poolOptions.settings(run));
                    rows.add(new ReplayRow(load, run, LoadReport.of(result.measurement(), slo), result.split()));
                }
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        out.print(ReplayRow.table(rows));
        out.flush();
        if (runOptions.json != null) {
            ArrayNode array = new ObjectMapper().createArrayNode();
            rows.forEach(row -> array.add(row.json()));
            Files.writeString(runOptions.json, array.toPrettyString());
        }
        return ExitCode.OK;
    }

    private SchedulingPolicy policy() throws IOException {
        if (poolOptions.policy == null) {
            return SchedulingPolicy.DEFAULT;
        }
        EndpointPool pool = new EndpointPool("replay", Set.of("any"), Duration.ofSeconds(1));
        PluginServices services =
                new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, InstantSource.system());
        SchedulingFile file = SchedulingFileReader.read(Files.readAllBytes(poolOptions.policy), true, services);
        if (!file.waiting().isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", file.waiting()));
        }
        return file.policy();
    }
}
