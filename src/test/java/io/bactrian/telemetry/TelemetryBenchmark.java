package io.bactrian.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.ThreadMXBean;
import io.bactrian.api.TokenUsage;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestTrace;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.slf4j.LoggerFactory;

/** Prints what telemetry costs a request, in nanoseconds of CPU and bytes allocated. */
public final class TelemetryBenchmark {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 5;
    private static final int REQUESTS = 500_000;

    private TelemetryBenchmark() {}

    public static void main(String[] arguments) {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        RelayMeters relay = new RelayMeters(registry, Set.of("m"));
        SchedulingMeters scheduling = new SchedulingMeters(registry, Set.of("m"));
        RelayRecord record = record();
        print("metrics of a request", () -> {
            relay.began(record.request());
            relay.ended(record);
        });
        print("metrics of a decision", () -> {
            scheduling.decisionTook(20_000);
            scheduling.prefixMatched("approx", "approx-prefix-cache-producer", 3, 10, 3 * 64 * 4);
        });
        Logger logger = (Logger) LoggerFactory.getLogger(AccessLog.LOGGER);
        logger.setLevel(Level.INFO);
        logger.setAdditive(false); // the line is made, and goes nowhere
        AccessLog log = new AccessLog(Clock.systemUTC());
        print("line of the access log", () -> log.ended(record));
    }

    private static RelayRecord record() {
        InferenceRequest request = InferenceRequests.completion("m", "", "", Prompt.NONE);
        return new RelayRecord(
                request,
                "pool",
                "127.0.0.1:8000",
                200,
                Outcome.COMPLETED,
                null,
                TokenUsage.estimate(100, 20),
                1,
                4000,
                new RelayTimes(10_000, 100_000, 30_000_000, 400_000_000, 400_050_000),
                RequestTrace.NONE,
                null);
    }

    private static void print(String what, Runnable work) {
        double[] nanos = new double[ROUNDS];
        long bytes = 0;
        for (int round = -1; round < ROUNDS; round++) {
            long allocated = THREADS.getCurrentThreadAllocatedBytes();
            long start = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < REQUESTS; i++) {
                work.run();
            }
            long took = THREADS.getCurrentThreadCpuTime() - start;
            bytes = (THREADS.getCurrentThreadAllocatedBytes() - allocated) / REQUESTS;
            if (round >= 0) {
                nanos[round] = took / (double) REQUESTS;
            }
        }
        Arrays.sort(nanos);
        System.out.printf(Locale.ROOT, "%-24s %6.0f ns %5d B%n", what, nanos[ROUNDS / 2], bytes);
    }
}
