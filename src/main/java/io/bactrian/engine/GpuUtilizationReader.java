package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import io.bactrian.request.DataKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code DCGM_FI_DEV_GPU_UTIL} (0 to 100) of the GPUs that belong to a pod, or of all when the exporter does not say whose
 * they are: the busiest counts.
 */
final class GpuUtilizationReader implements PageReader {
    private static final String METRIC = "DCGM_FI_DEV_GPU_UTIL";
    private static final byte[] NAME = METRIC.getBytes(UTF_8);
    private static final byte[] POD = "pod".getBytes(UTF_8);
    private static final double PERCENT = 100;

    private final DataKey<Double> key;
    private final byte[] pod;
    private final Duration slack;
    private final MetricLine sample = new MetricLine();
    private final LineScanner scanner = new LineScanner(List.of(METRIC), this::readLine);
    private double busiest;
    private boolean unusable;
    private boolean lacked;

    /** @param endpoint the endpoint's name: that of its pod, with {@code -rank-<n>} behind it or not */
    GpuUtilizationReader(DataKey<Double> key, String endpoint, Duration slack) {
        this.key = key;
        this.pod = endpoint.replaceFirst("-rank-\\d+$", "").getBytes(UTF_8);
        this.slack = slack;
        reset();
    }

    @Override
    public void reset() {
        scanner.reset();
        busiest = -1;
        unusable = false;
    }

    @Override
    public void feed(ByteBuffer piece) {
        scanner.feed(piece);
    }

    @Override
    public EndpointMetrics finish(EndpointMetrics previous, Instant observedAt) {
        lacked = busiest < 0 && !unusable;
        EndpointMetrics metrics = previous;
        if (!lacked) {
            Map<DataKey<Double>, Signal> custom = new HashMap<>(previous.custom());
            custom.put(key, unusable ? Signal.ABSENT : Signal.of(busiest / PERCENT, observedAt, slack));
            metrics = previous.withCustom(custom);
        }
        reset();
        return metrics;
    }

    @Override
    public boolean lacked() {
        return lacked;
    }

    private void readLine(byte[] line, int length) {
        if (!sample.set(line, length) || !sample.isNamed(NAME)) {
            return;
        }
        if (sample.label(POD) != null && !sample.isLabelled(POD, pod) && !sample.isLabelled(POD, new byte[0])) {
            return;
        }
        double value = sample.value();
        if (value >= 0 && value <= PERCENT) {
            busiest = Math.max(busiest, value);
        } else {
            unusable = true; // one GPU of unknown load must not look like an idle one
        }
    }
}
