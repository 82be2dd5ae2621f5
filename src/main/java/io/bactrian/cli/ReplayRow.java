package io.bactrian.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.simulator.load.LatencySummary;
import io.bactrian.simulator.load.LoadReport;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * One run of a replay.
 *
 * @param load factor on the speed of the workload
 * @param run from 0 on
 * @param report what its clients would have seen
 * @param split requests whose prompt was computed apart
 */
record ReplayRow(double load, int run, LoadReport report, long split) {
    private static final List<String> HEADINGS = List.of(
            "load",
            "requests/s",
            "good %",
            "goodput/s",
            "TTFT p50 ms",
            "TTFT p90 ms",
            "TTFT p99 ms",
            "ITL p50 ms",
            "ITL p99 ms",
            "split %");

    /** Returns one line a load: the median of its runs, and their least and most where there are several. */
    static String table(List<ReplayRow> rows) {
        TextTable table = new TextTable();
        table.row(HEADINGS);
        for (double load : rows.stream().mapToDouble(ReplayRow::load).distinct().toArray()) {
            List<ReplayRow> runs = rows.stream().filter(row -> row.load == load).toList();
            table.row(List.of(
                    String.valueOf(load),
                    spread(runs, ReplayRow::offeredPerSecond),
                    spread(runs, row -> 100 * row.goodShare()),
                    spread(runs, ReplayRow::goodput),
                    spread(runs, row -> millis(row.report.ttft().p50())),
                    spread(runs, row -> millis(row.report.ttft().p90())),
                    spread(runs, row -> millis(row.report.ttft().p99())),
                    spread(runs, row -> millis(row.report.itl().p50())),
                    spread(runs, row -> millis(row.report.itl().p99())),
                    spread(runs, row -> 100 * row.report.share(row.split))));
        }
        return table.indented("");
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("load", load)
                .put("run", run)
                .put("requests", report.requests())
                .put("good", report.good());
        json.put("requestsPerSecond", offeredPerSecond())
                .put("goodShare", goodShare())
                .put("goodPerSecond", goodput());
        json.put("splitShare", report.share(split));
        put(json.putObject("ttft"), report.ttft());
        put(json.putObject("itl"), report.itl());
        return json;
    }

    private double offeredPerSecond() {
        double seconds = report.offeredSpan().toNanos() / 1e9;
        return seconds == 0 ? 0 : report.requests() / seconds;
    }

    private double goodShare() {
        return report.share(report.good());
    }

    /** Good requests by the time over which requests came: a slow end of the last answers does not count against it. */
    private double goodput() {
        return offeredPerSecond() * goodShare();
    }

    private static void put(ObjectNode json, LatencySummary latency) {
        json.put("p50Seconds", latency.p50().toNanos() / 1e9)
                .put("p90Seconds", latency.p90().toNanos() / 1e9)
                .put("p99Seconds", latency.p99().toNanos() / 1e9)
                .put("meanSeconds", latency.mean().toNanos() / 1e9);
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }

    private static String spread(List<ReplayRow> runs, ToDoubleFunction<ReplayRow> value) {
        double[] sorted = runs.stream()
                .sorted(Comparator.comparingDouble(value))
                .mapToDouble(value)
                .toArray();
        String median = String.format(Locale.ROOT, "%.1f", sorted[sorted.length / 2]);
        return sorted.length == 1
                ? median
                : String.format(Locale.ROOT, "%s (%.1f-%.1f)", median, sorted[0], sorted[sorted.length - 1]);
    }
}
