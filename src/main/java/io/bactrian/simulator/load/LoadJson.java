package io.bactrian.simulator.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a report for programs; {@code docs/load.md} describes every key. */
public final class LoadJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private LoadJson() {}

    /** Writes what there is of a report and an oracle's figures to {@code file}. */
    public static void write(Path file, @Nullable LoadReport report, PrefixOracle.@Nullable Hits oracle)
            throws IOException {
        ObjectNode root = JSON.createObjectNode();
        if (report != null) {
            report(root, report);
        }
        if (oracle != null) {
            root.putObject("oracle")
                    .put("promptTokens", oracle.promptTokens())
                    .put("unboundedHitTokens", oracle.unbounded())
                    .put("optimalHitTokens", oracle.optimal())
                    .put("sharedLruHitTokens", oracle.sharedLru())
                    .put("roundRobinHitTokens", oracle.roundRobin());
        }
        JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
    }

    private static void report(ObjectNode root, LoadReport report) {
        root.put("workload", report.workload())
                .put("requests", report.requests())
                .put("offeredSeconds", seconds(report.offeredSpan()))
                .put("elapsedSeconds", seconds(report.elapsed()));
        ObjectNode outcomes = root.putObject("outcomes");
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(outcome.name().toLowerCase(Locale.ROOT), report.count(outcome));
        }
        ObjectNode statuses = root.putObject("statuses");
        report.statuses().forEach((status, count) -> statuses.put(String.valueOf(status), count));
        root.put("good", report.good())
                .put("shedRate", report.share(report.count(Outcome.SHED)))
                .put("errorRate", report.share(report.errors()))
                .put("requestsPerSecond", report.perSecond(report.count(Outcome.COMPLETED)))
                .put("goodPerSecond", report.perSecond(report.good()))
                .put("promptTokensPerSecond", report.perSecond(report.tokens().promptTokens()))
                .put("outputTokensPerSecond", report.perSecond(report.tokens().outputTokens()));
        latency(root.putObject("ttft"), report.ttft());
        latency(root.putObject("itl"), report.itl());
        latency(root.putObject("tpot"), report.tpot());
        latency(root.putObject("endToEnd"), report.endToEnd());
        latency(root.putObject("lateness"), report.lateness());
        share(root.putObject("tokens"), report.tokens()).put("cacheReports", report.cacheReports());
        report.prefixHitShare().ifPresent(share -> root.put("prefixHitShare", share));
        ObjectNode endpoints = root.putObject("endpoints");
        report.endpoints().forEach((name, endpoint) -> share(endpoints.putObject(name), endpoint));
        report.maxOverMeanRequests().ifPresent(ratio -> root.put("maxOverMeanRequests", ratio));
    }

    private static void latency(ObjectNode node, LatencySummary summary) {
        node.put("count", summary.count());
        if (summary.count() > 0) {
            node.put("meanSeconds", seconds(summary.mean()))
                    .put("p50Seconds", seconds(summary.p50()))
                    .put("p90Seconds", seconds(summary.p90()))
                    .put("p95Seconds", seconds(summary.p95()))
                    .put("p99Seconds", seconds(summary.p99()))
                    .put("maxSeconds", seconds(summary.max()));
        }
    }

    private static ObjectNode share(ObjectNode node, EndpointShare share) {
        return node.put("requests", share.requests())
                .put("promptTokens", share.promptTokens())
                .put("cachedTokens", share.cachedTokens())
                .put("outputTokens", share.outputTokens());
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
