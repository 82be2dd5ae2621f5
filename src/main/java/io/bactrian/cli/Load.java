package io.bactrian.cli;

import io.bactrian.simulator.load.LoadGenerator;
import io.bactrian.simulator.load.LoadJson;
import io.bactrian.simulator.load.LoadReport;
import io.bactrian.simulator.load.LoadTable;
import io.bactrian.simulator.load.Measurement;
import io.bactrian.simulator.load.Outcome;
import io.bactrian.simulator.load.PrefixOracle;
import io.bactrian.simulator.load.ResultsCsv;
import io.bactrian.simulator.load.Slo;
import io.bactrian.simulator.load.Target;
import io.bactrian.simulator.load.Workload;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Replays a workload against an OpenAI server and reports what its clients would have seen. */
@Command(
        name = "load",
        description =
                "Replays a workload against any OpenAI server, in an open loop, and reports latencies, throughput,"
                        + " goodput, shed and error rates, prefix hits and the share of each endpoint.",
        mixinStandardHelpOptions = true,
        customSynopsis = {
            "bactrian load --url URL [OPTIONS]",
            "bactrian load --oracle endpoints=N,blocks=N,block-size=N [OPTIONS]"
        },
        descriptionHeading = "%n",
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:The run is within --max-error-rate and --max-shed-rate.",
            "1:The run is not, or could not be made.",
            "2:The command line or the trace is wrong."
        },
        footer = {
            "",
            "Durations: 250ms, 30s, 1.5m, 2h. Rates and shares: 0 to 1. Latencies count from the moment a request"
                    + " was due, so a server that stalls cannot hide what it made others wait.",
            "",
            "Examples:",
            "  bactrian load --url http://127.0.0.1:8080 --rate 20 --duration 1m",
            "  bactrian load --url http://127.0.0.1:8080 --mooncake trace.jsonl --input-scale 0.1"
        })
public final class Load implements Callable<Integer> {
    private static final List<String> ORACLE_KEYS = List.of("endpoints", "blocks", "block-size");
    private static final int PROGRESS_INTERVAL_MILLIS = 500;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @ArgGroup(validate = false, heading = "%nWhere to:%n")
    private LoadTargetOptions targetOptions = new LoadTargetOptions();

    @ArgGroup(validate = false, heading = "%nWhat to send (without a trace: tenants with shared prefixes):%n")
    private LoadWorkloadOptions workloadOptions = new LoadWorkloadOptions();

    @ArgGroup(validate = false, heading = "%nWhat to report:%n")
    private ReportOptions reportOptions = new ReportOptions();

    /** The options that say what is made of the results. */
    static final class ReportOptions {
        @Option(
                names = "--warmup",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Requests due before this are sent but not reported. Default: none.")
        private Duration warmup = Duration.ZERO;

        @Option(
                names = "--slo-ttft",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Most time to the first text of a good request. Default: no bound.")
        private @Nullable Duration sloTtft;

        @Option(
                names = "--slo-itl",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Most mean gap between events of a good request. Default: no bound.")
        private @Nullable Duration sloItl;

        @Option(
                names = "--slo-e2e",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Most time to the end of a good request. Default: no bound.")
        private @Nullable Duration sloEndToEnd;

        @Option(
                names = "--max-error-rate",
                paramLabel = "SHARE",
                description = "Exit 1 if more requests failed, shed ones apart. Default: ${DEFAULT-VALUE}.")
        private double maxErrorRate = 0.01;

        @Option(
                names = "--max-shed-rate",
                paramLabel = "SHARE",
                description = "Exit 1 if more requests were shed (429, 503). Default: ${DEFAULT-VALUE}.")
        private double maxShedRate = 1;

        @Option(
                names = "--oracle",
                paramLabel = "KEY=N",
                split = ",",
                description = "Compare prefix hits with the best possible in a pool:"
                        + " endpoints=4,blocks=4096,block-size=16. Without --url nothing is sent.")
        private Map<String, Integer> oracle = new TreeMap<>();

        @Option(names = "--json", paramLabel = "FILE", description = "Write the report as JSON.")
        private @Nullable Path json;

        @Option(names = "--csv", paramLabel = "FILE", description = "Write one line per request as CSV.")
        private @Nullable Path csv;

        @Option(
                names = "--threads",
                paramLabel = "N",
                description = "Event loops to send and read with. Default: ${DEFAULT-VALUE}.")
        private int threads = 1;

        @Option(
                names = "--no-progress",
                negatable = true,
                description = "No progress bar; there is one only on a terminal.")
        private boolean progress = true;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        Workload workload;
        PrefixOracle.@Nullable Hits oracle;
        @Nullable LoadGenerator generator;
        try {
            workload = workloadOptions.workload();
            oracle = oracle(workload);
            Target target = targetOptions.target();
            generator = target == null
                    ? null
                    : new LoadGenerator(target, targetOptions.shape(), reportOptions.threads, reportOptions.warmup);
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw wrong("cannot read the trace: " + e);
        }
        if (generator == null) {
            return reportOracle(oracle);
        }
        return report(measure(generator, workload), oracle);
    }

    private PrefixOracle.@Nullable Hits oracle(Workload workload) {
        Map<String, Integer> pool = reportOptions.oracle;
        if (pool.isEmpty()) {
            return null;
        }
        if (!ORACLE_KEYS.containsAll(pool.keySet())) {
            throw new IllegalArgumentException("--oracle: " + pool.keySet() + " (expected: " + ORACLE_KEYS + ")");
        }
        return PrefixOracle.hits(
                workload,
                new PrefixOracle.Pool(
                        pool.getOrDefault("endpoints", 0),
                        pool.getOrDefault("blocks", 0),
                        pool.getOrDefault("block-size", 0)));
    }

    private int reportOracle(PrefixOracle.@Nullable Hits oracle) throws IOException {
        if (oracle == null) {
            throw wrong("--url: missing (expected: a server, or --oracle)");
        }
        out().print(LoadTable.of(oracle));
        out().flush();
        if (reportOptions.json != null) {
            LoadJson.write(reportOptions.json, null, oracle);
        }
        return ExitCode.OK;
    }

    private Measurement measure(LoadGenerator generator, Workload workload) throws InterruptedException, IOException {
        if (!reportOptions.progress || !Help.Ansi.AUTO.enabled()) {
            return generator.run(workload, result -> {});
        }
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(workload.name())
                .setInitialMax(workload.requests().size())
                .setUpdateIntervalMillis(PROGRESS_INTERVAL_MILLIS)
                .build()) {
            LongAdder failed = new LongAdder();
            return generator.run(workload, result -> {
                if (result.outcome() != Outcome.COMPLETED) {
                    failed.increment();
                    bar.setExtraMessage(failed.sum() + " shed or failed");
                }
                bar.step();
            });
        }
    }

    private int report(Measurement measurement, PrefixOracle.@Nullable Hits oracle) throws IOException {
        LoadReport report = LoadReport.of(
                measurement, new Slo(reportOptions.sloTtft, reportOptions.sloItl, reportOptions.sloEndToEnd));
        out().print(LoadTable.of(report, oracle));
        out().flush();
        if (reportOptions.json != null) {
            LoadJson.write(reportOptions.json, report, oracle);
        }
        if (reportOptions.csv != null) {
            ResultsCsv.write(reportOptions.csv, measurement.results());
        }
        boolean kept = report.share(report.errors()) <= reportOptions.maxErrorRate
                && report.share(report.count(Outcome.SHED)) <= reportOptions.maxShedRate;
        return kept ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
