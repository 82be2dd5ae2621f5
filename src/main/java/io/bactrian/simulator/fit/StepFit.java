package io.bactrian.simulator.fit;

import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.OutputTokens;
import io.bactrian.simulator.engine.Sequence;
import io.bactrian.simulator.engine.SequenceListener;
import io.bactrian.simulator.engine.SequenceRequest;
import io.bactrian.simulator.engine.StepLatency;
import io.bactrian.simulator.engine.TokenIds;
import io.bactrian.simulator.engine.VirtualClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The step times that fit one setup, and their errors on measurements they were not fitted to.
 *
 * <p>Of each setup every second row, from the first on, is fitted to; on the others the engine itself runs in virtual time,
 * as the measured server did: whole prompts in one step, no prefix cache.
 *
 * @param setup model, hardware and tensor parallelism
 * @param latency the fitted step times
 * @param fittedRows measurements fitted to
 * @param firstToken errors of the time to first token
 * @param token errors of the time of later tokens
 */
public record StepFit(String setup, StepLatency latency, int fittedRows, Errors firstToken, Errors token) {

    private static final int FREE_TOKENS_STEP = 16;

    /**
     * Absolute relative errors over measurements not fitted to.
     *
     * @param rows how many
     * @param median the middle one, 1 for 100 %
     * @param p90 what nine in ten do not exceed
     */
    public record Errors(int rows, double median, double p90) {
        static Errors of(List<Double> errors) {
            List<Double> sorted = errors.stream().sorted().toList();
            return new Errors(sorted.size(), quantile(sorted, 0.5), quantile(sorted, 0.9));
        }

        /** Nearest rank. */
        private static double quantile(List<Double> sorted, double share) {
            int rank = (int) Math.ceil(share * sorted.size());
            return sorted.get(Math.max(0, rank - 1));
        }
    }

    /**
     * Fits each setup on {@code hardware} in a table of Splitwise, in the order in which they appear.
     *
     * @param maxFreePrefillTokens the most free prefill tokens to try; 0 gives the purely linear model
     */
    public static List<StepFit> fit(Path table, String hardware, int maxFreePrefillTokens) throws IOException {
        Map<Measurement.Setup, List<Measurement>> bySetup = new LinkedHashMap<>();
        for (Measurement measurement : PerformanceTable.read(table)) {
            if (measurement.setup().hardware().equals(hardware)) {
                bySetup.computeIfAbsent(measurement.setup(), setup -> new ArrayList<>())
                        .add(measurement);
            }
        }
        List<StepFit> fits = new ArrayList<>();
        bySetup.forEach((setup, measurements) -> fits.add(fit(setup, measurements, maxFreePrefillTokens)));
        return fits;
    }

    private static StepFit fit(Measurement.Setup setup, List<Measurement> measurements, int maxFreePrefillTokens) {
        List<Measurement> fitted = new ArrayList<>();
        List<Measurement> heldOut = new ArrayList<>();
        for (int i = 0; i < measurements.size(); i++) {
            (i % 2 == 0 ? fitted : heldOut).add(measurements.get(i));
        }
        StepLatency latency = fit(fitted, maxFreePrefillTokens);
        List<Double> firstToken = new ArrayList<>();
        List<Double> token = new ArrayList<>();
        for (Measurement measurement : heldOut) {
            Times times = simulate(measurement, latency);
            firstToken.add(error(times.firstTokenNanos(), measurement.firstTokenNanos()));
            token.add(error(times.tokenNanos(), measurement.tokenNanos()));
        }
        return new StepFit(setup.toString(), latency, fitted.size(), Errors.of(firstToken), Errors.of(token));
    }

    /** The number of free prefill tokens is tried out; for each, the rest is linear. */
    static StepLatency fit(List<Measurement> measurements, int maxFreePrefillTokens) {
        double[] expected = new double[2 * measurements.size()];
        for (int i = 0; i < measurements.size(); i++) {
            expected[2 * i] = measurements.get(i).firstTokenNanos();
            expected[2 * i + 1] = measurements.get(i).tokenNanos();
        }
        StepLatency best = StepLatency.NONE;
        double leastError = Double.POSITIVE_INFINITY;
        for (int free = 0; free <= maxFreePrefillTokens; free += FREE_TOKENS_STEP) {
            double[][] rows = rows(measurements, free);
            double[] fitted = RelativeLeastSquares.fit(rows, expected);
            double error = RelativeLeastSquares.totalError(rows, expected, fitted);
            if (error < leastError) {
                leastError = error;
                best = new StepLatency(fitted[0], free, fitted[1], fitted[2], fitted[3]);
            }
        }
        return best;
    }

    /** Two rows for each measurement: its prefill step, then its mean decode step. */
    private static double[][] rows(List<Measurement> measurements, int freePrefillTokens) {
        double[][] rows = new double[2 * measurements.size()][];
        for (int i = 0; i < measurements.size(); i++) {
            Measurement measurement = measurements.get(i);
            int paid = Math.max(0, measurement.batchTokens() - freePrefillTokens);
            rows[2 * i] = new double[] {1, paid, 0, 0};
            rows[2 * i + 1] = new double[] {1, 0, measurement.batchSize(), measurement.meanContextTokens()};
        }
        return rows;
    }

    /** What the engine makes of a measurement. */
    record Times(double firstTokenNanos, double tokenNanos) {}

    static Times simulate(Measurement measurement, StepLatency latency) {
        VirtualClock clock = new VirtualClock();
        int tokens = measurement.batchSize() * (measurement.promptTokens() + measurement.outputTokens());
        int blockSize = EngineOptions.DEFAULTS.blockSizeTokens();
        InferenceEngine engine = new InferenceEngine(
                new EngineOptions(
                        measurement.batchSize(),
                        tokens,
                        0,
                        tokens / blockSize + measurement.batchSize(),
                        blockSize,
                        false,
                        latency,
                        0),
                clock);
        TokenIds prompt = TokenIds.of(new int[measurement.promptTokens()]);
        FirstAndLast times = new FirstAndLast(clock);
        for (int i = 0; i < measurement.batchSize(); i++) {
            SequenceRequest request = new SequenceRequest(
                    String.valueOf(i), prompt, new Zeros(measurement.outputTokens()), 0, OptionalInt.empty());
            engine.submit(request, times);
        }
        clock.runUntilIdle();
        double decodeNanos = (double) (times.lastNanos - times.firstNanos);
        return new Times((double) times.firstNanos, decodeNanos / (measurement.outputTokens() - 1));
    }

    private static double error(double simulated, double measured) {
        return Math.abs(simulated - measured) / measured;
    }

    /** Notes when the first and the last token came. */
    private static final class FirstAndLast implements SequenceListener {
        private final VirtualClock clock;
        private long firstNanos;
        private long lastNanos;

        FirstAndLast(VirtualClock clock) {
            this.clock = clock;
        }

        @Override
        public void tokenGenerated(Sequence sequence) {
            if (sequence.generatedTokens() == 1) {
                firstNanos = clock.nanoTime();
            }
            lastNanos = clock.nanoTime();
        }

        @Override
        public void finished(Sequence sequence) {}
    }

    /** An answer of which only the length matters. */
    private record Zeros(int size) implements OutputTokens {
        @Override
        public int id(int index) {
            return 0;
        }

        @Override
        public FinishReason finishReason() {
            return FinishReason.LENGTH;
        }
    }
}
