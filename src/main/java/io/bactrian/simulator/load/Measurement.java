package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The raw outcome of a run, without the requests that warmed it up.
 *
 * @param workload what was sent
 * @param results one per request, in the order in which they were due
 * @param gaps nanoseconds between successive events with text of one stream, over all requests
 * @param elapsed from the end of the warm-up to the end of the last answer
 */
public record Measurement(Workload workload, List<RequestResult> results, Histogram gaps, Duration elapsed) {
    public Measurement {
        results = List.copyOf(results);
    }
}
