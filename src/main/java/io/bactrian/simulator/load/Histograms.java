package io.bactrian.simulator.load;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Makes histograms of durations. */
public final class Histograms {
    private static final long HIGHEST_NANOS = TimeUnit.HOURS.toNanos(1); // grows beyond if it must
    private static final int SIGNIFICANT_DIGITS = 3;

    private Histograms() {}

    /** Returns an empty histogram of nanoseconds, to three significant digits. */
    public static Histogram nanoseconds() {
        Histogram histogram = new Histogram(HIGHEST_NANOS, SIGNIFICANT_DIGITS);
        histogram.setAutoResize(true);
        return histogram;
    }
}
