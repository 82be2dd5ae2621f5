package io.bactrian.cli;

import io.bactrian.simulator.fit.StepFit;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bactrian simulate fit}: where the latency profiles come from, and how good they are. */
@Command(
        name = "fit",
        mixinStandardHelpOptions = true,
        description = "Fits step times to half of a table of measurements and reports the error on the other half.")
public final class SimulateFit implements Callable<Integer> {
    private static final int UNREADABLE = 1;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_MICRO = 1e3;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "Splitwise's perf_model.csv.")
    private Path table = Path.of("");

    @Option(
            names = "--hardware",
            paramLabel = "NAME",
            defaultValue = "h100-80gb",
            description = "Rows to use, by their column hardware (default: ${DEFAULT-VALUE}).")
    private String hardware = "";

    @Option(
            names = "--max-free-prefill-tokens",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Most free prefill tokens to try; 0 for a purely linear fit (default: ${DEFAULT-VALUE}).")
    private int maxFreePrefillTokens;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<StepFit> fits;
        try {
            fits = StepFit.fit(table, hardware, maxFreePrefillTokens);
        } catch (IOException | IllegalArgumentException e) {
            spec.commandLine().getErr().println("simulate fit: " + table + ": " + e.getMessage());
            return UNREADABLE;
        }
        out.printf(
                "%-28s %9s %10s %12s %12s %14s %6s %14s %14s%n",
                "setup",
                "a [ms]",
                "f [tok]",
                "b [us/tok]",
                "c [us/seq]",
                "d [ns/ctx tok]",
                "rows",
                "TTFT p50/p90",
                "token p50/p90");
        for (StepFit fit : fits) {
            out.printf(
                    Locale.ROOT,
                    "%-28s %9.3f %10d %12.3f %12.3f %14.3f %3d+%-3d %14s %14s%n",
                    fit.setup(),
                    fit.latency().overheadNanos() / NANOS_PER_MILLI,
                    fit.latency().freePrefillTokens(),
                    fit.latency().perPrefillTokenNanos() / NANOS_PER_MICRO,
                    fit.latency().perSequenceNanos() / NANOS_PER_MICRO,
                    fit.latency().perContextTokenNanos(),
                    fit.fittedRows(),
                    fit.firstToken().rows(),
                    percent(fit.firstToken()),
                    percent(fit.token()));
        }
        out.flush();
        return 0;
    }

    private static String percent(StepFit.Errors errors) {
        return String.format(Locale.ROOT, "%.1f%%/%.1f%%", errors.median() * 100, errors.p90() * 100);
    }
}
