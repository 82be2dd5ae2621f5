package io.bactrian.telemetry;

import io.bactrian.relay.TokenGaps;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The upper limits of a histogram's buckets, those of llm-d's endpoint picker where it has the histogram too. A value is given
 * in units: nanoseconds for what is shown in seconds, thousandths for shares, else what is counted.
 */
enum Buckets {
    DURATION(
            Unit.SECONDS,
            join(upToTwoMinutes(), DoubleStream.of(180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600))),
    TTFT(Unit.SECONDS, upToTwoMinutes()),
    /** Time per output token of the whole request. */
    NTPOT(Unit.SECONDS, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10),
    TPOT(Unit.SECONDS, .0005, .00205, .005, .01, .02, .04, .06, .08, .1, .125, .15, .2, .3, .4, .5, .6, .8, 1, 2),
    ITL(Unit.SECONDS, TokenGaps.bucketSeconds()),
    REQUEST_BYTES(Unit.ONE, powersOfTwo(6, 30)),
    // 32778 is llm-d's slip for 32768, here and below; a dashboard or an alert may name the bucket.
    RESPONSE_BYTES(Unit.ONE, join(one(), powersOfTwo(3, 14), DoubleStream.of(32_778, 65_536))),
    INPUT_TOKENS(Unit.ONE, join(one(), powersOfTwo(3, 14), DoubleStream.of(32_778), powersOfTwo(16, 20))),
    OUTPUT_TOKENS(Unit.ONE, join(one(), powersOfTwo(3, 13))),
    /** What is done within the router for each decision. */
    SCHEDULING(Unit.SECONDS, .0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1),
    REQUEST_PROCESSING(Unit.SECONDS, .0005, .001, .002, .005, .01, .015, .025, .04, .06, .1, .25, .5, 1, 2.5, 5, 10),
    RESPONSE_PROCESSING(Unit.SECONDS, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5),
    HIT_RATIO(Unit.THOUSANDTHS, 0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1),
    HIT_BYTES(Unit.ONE, join(DoubleStream.of(0), powersOfTwo(4, 16)));

    private final Unit unit;
    private final double[] limits;
    private final long[] limitsInUnits;

    Buckets(Unit unit, DoubleStream limits) {
        this(unit, limits.toArray());
    }

    Buckets(Unit unit, double... limits) {
        this.unit = unit;
        this.limits = limits;
        this.limitsInUnits = Arrays.stream(limits)
                .mapToLong(limit -> Math.round(limit * unit.perShown))
                .toArray();
    }

    private static DoubleStream upToTwoMinutes() {
        return DoubleStream.of(
                .005, .025, .05, .1, .2, .4, .6, .8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120);
    }

    private static DoubleStream one() {
        return DoubleStream.of(1);
    }

    private static DoubleStream powersOfTwo(int first, int last) {
        return LongStream.rangeClosed(first, last).mapToDouble(power -> 1L << power);
    }

    private static DoubleStream join(DoubleStream... parts) {
        return Arrays.stream(parts).flatMapToDouble(part -> part);
    }

    /** Returns how many buckets there are, with the one for what is above every limit. */
    int count() {
        return limits.length + 1;
    }

    /** Returns the upper limits as they are shown, infinity last. */
    double[] shown() {
        return IntStream.range(0, count())
                .mapToDouble(i -> i < limits.length ? limits[i] : Double.POSITIVE_INFINITY)
                .toArray();
    }

    /** Returns the bucket that {@code units} belong in. */
    int of(long units) {
        int at = Arrays.binarySearch(limitsInUnits, units);
        return at >= 0 ? at : -at - 1;
    }

    /** Returns a sum of values as it is shown. */
    double shown(long units) {
        return units / unit.perShown;
    }

    private enum Unit {
        ONE(1),
        THOUSANDTHS(1000),
        SECONDS(1e9);

        private final double perShown;

        Unit(double perShown) {
            this.perShown = perShown;
        }
    }
}
