package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Writes a report for people. */
public final class LoadTable {
    private final StringBuilder text = new StringBuilder();

    private LoadTable() {}

    /** Returns the report as text, with the oracle's figures if there are any. */
    public static String of(LoadReport report, PrefixOracle.@Nullable Hits oracle) {
        LoadTable table = new LoadTable();
        table.requests(report);
        table.latencies(report);
        table.prefixes(report, oracle);
        table.endpoints(report);
        return table.text.toString();
    }

    /** Returns the oracle's figures as text. */
    public static String of(PrefixOracle.Hits oracle) {
        LoadTable table = new LoadTable();
        table.oracle(oracle);
        return table.text.toString();
    }

    private void requests(LoadReport report) {
        line(
                "%s: %,d requests due over %.1f s, run took %.1f s",
                report.workload(), report.requests(), seconds(report.offeredSpan()), seconds(report.elapsed()));
        line("");
        counted(report, "completed", report.count(Outcome.COMPLETED));
        counted(report, "good (SLO)", report.good());
        counted(report, "shed (429, 503)", report.count(Outcome.SHED));
        counted(report, "errors", report.errors());
        report.outcomes().forEach((outcome, count) -> {
            if (outcome.isError()) {
                counted(report, "  " + outcome.name().toLowerCase(Locale.ROOT), count);
            }
        });
        line(
                "tokens/s            %,12.1f in   %,12.1f out",
                report.perSecond(report.tokens().promptTokens()),
                report.perSecond(report.tokens().outputTokens()));
    }

    private void counted(LoadReport report, String name, long count) {
        line("%-18s %,10d   %6.2f %%   %,10.2f /s", name, count, 100 * report.share(count), report.perSecond(count));
    }

    private void latencies(LoadReport report) {
        line("");
        line("%-10s %10s %10s %10s %10s %10s %10s %10s", "ms", "count", "mean", "p50", "p90", "p95", "p99", "max");
        latency("TTFT", report.ttft());
        latency("ITL", report.itl());
        latency("TPOT", report.tpot());
        latency("E2E", report.endToEnd());
        latency("lateness", report.lateness());
    }

    private void latency(String name, LatencySummary summary) {
        line(
                "%-10s %,10d %10.2f %10.2f %10.2f %10.2f %10.2f %10.2f",
                name,
                summary.count(),
                millis(summary.mean()),
                millis(summary.p50()),
                millis(summary.p90()),
                millis(summary.p95()),
                millis(summary.p99()),
                millis(summary.max()));
    }

    private void prefixes(LoadReport report, PrefixOracle.@Nullable Hits oracle) {
        OptionalDouble share = report.prefixHitShare();
        if (share.isEmpty() && oracle == null) {
            return;
        }
        line("");
        if (share.isPresent()) {
            hits("prefix hits", report.tokens().cachedTokens(), report.tokens().promptTokens());
        } else {
            line("prefix hits        not reported by the server");
        }
        if (oracle != null) {
            oracle(oracle);
        }
    }

    private void oracle(PrefixOracle.Hits oracle) {
        hits("oracle, unbounded", oracle.unbounded(), oracle.promptTokens());
        hits("oracle, optimal", oracle.optimal(), oracle.promptTokens());
        hits("oracle, shared LRU", oracle.sharedLru(), oracle.promptTokens());
        hits("oracle, round robin", oracle.roundRobin(), oracle.promptTokens());
    }

    private void hits(String name, long tokens, long promptTokens) {
        double share = promptTokens == 0 ? 0 : (double) tokens / promptTokens;
        line("%-20s %,14d of %,14d prompt tokens   %6.2f %%", name, tokens, promptTokens, 100 * share);
    }

    private void endpoints(LoadReport report) {
        OptionalDouble maxOverMean = report.maxOverMeanRequests();
        if (maxOverMean.isEmpty()) {
            return;
        }
        line("");
        line("%-28s %10s %14s %14s %14s", "endpoint", "requests", "prompt tok", "cached tok", "output tok");
        for (Map.Entry<String, EndpointShare> endpoint : report.endpoints().entrySet()) {
            EndpointShare share = endpoint.getValue();
            line(
                    "%-28s %,10d %,14d %,14d %,14d",
                    endpoint.getKey(),
                    share.requests(),
                    share.promptTokens(),
                    share.cachedTokens(),
                    share.outputTokens());
        }
        line(
                "max/mean requests  %.3f over %d endpoints",
                maxOverMean.getAsDouble(), report.endpoints().size());
    }

    private void line(String format, @Nullable Object... values) {
        text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append(System.lineSeparator());
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
