package io.bactrian.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What all streams of a client came to; written on its event loop. */
final class StreamResults {
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int DIGITS = 3;
    private static final double NANOS_PER_MILLI = 1e6;

    private final int streams;
    private final CountDownLatch open;
    private final Histogram firstEvents = new Histogram(LONGEST_NANOS, DIGITS);
    private final Histogram events = new Histogram(LONGEST_NANOS, DIGITS);
    private final Map<String, Integer> failures = new TreeMap<>();
    private int completed;

    StreamResults(int streams) {
        this.streams = streams;
        this.open = new CountDownLatch(streams);
    }

    /** Waits until every stream has ended, at most {@code seconds}. */
    void await(int seconds) throws InterruptedException {
        if (!open.await(seconds, TimeUnit.SECONDS)) {
            System.err.println(open.getCount() + " streams have not ended within " + seconds + " s");
        }
    }

    void firstEvent(long nanos) {
        firstEvents.recordValue(bounded(nanos));
        if (firstEvents.getTotalCount() == streams) {
            Json.print(Map.of("allBegan", streams));
        }
    }

    void event(long nanos) {
        events.recordValue(bounded(nanos));
    }

    private static long bounded(long nanos) {
        return Math.max(0, Math.min(LONGEST_NANOS, nanos));
    }

    void completed() {
        completed++;
        open.countDown();
    }

    void failed(String why) {
        failures.merge(why, 1, Integer::sum);
        open.countDown();
    }

    Map<String, Object> report() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("streams", streams);
        report.put("completed", completed);
        report.put("failures", failures);
        report.put("unfinished", open.getCount());
        report.put("events", events.getTotalCount());
        report.put("firstEventMillis", percentiles(firstEvents));
        report.put("eventMillis", percentiles(events));
        return report;
    }

    private static Map<String, Double> percentiles(Histogram histogram) {
        Map<String, Double> millis = new LinkedHashMap<>();
        for (int percentile : new int[] {50, 95, 99}) {
            millis.put("p" + percentile, histogram.getValueAtPercentile(percentile) / NANOS_PER_MILLI);
        }
        millis.put("max", histogram.getMaxValue() / NANOS_PER_MILLI);
        return millis;
    }
}
