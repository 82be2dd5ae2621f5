package io.bactrian.simulator;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The latency settings by the names that command line and {@code /admin/config} use. */
enum LatencyKey {
    TIME_TO_FIRST_TOKEN("time-to-first-token"),
    TIME_TO_FIRST_TOKEN_STD_DEV("time-to-first-token-std-dev"),
    INTER_TOKEN_LATENCY("inter-token-latency"),
    INTER_TOKEN_LATENCY_STD_DEV("inter-token-latency-std-dev"),
    PREFILL_OVERHEAD("prefill-overhead"),
    PREFILL_TIME_PER_TOKEN("prefill-time-per-token"),
    PREFILL_TIME_STD_DEV("prefill-time-std-dev"),
    STEP_OVERHEAD("step-overhead"),
    STEP_TIME_PER_PREFILL_TOKEN("step-time-per-prefill-token"),
    STEP_TIME_PER_SEQUENCE("step-time-per-sequence"),
    STEP_TIME_PER_CONTEXT_TOKEN("step-time-per-context-token");

    private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m)?");

    private final String word;

    LatencyKey(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }

    /** Reads a duration like {@code 250us} or {@code 1.5s}; a bare number is in milliseconds. */
    double parse(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(word + ": " + text + " (expected: a duration such as 12ms or 250us)");
        }
        String unit = matcher.group(2);
        double nanos =
                switch (unit == null ? "ms" : unit) {
                    case "ns" -> 1;
                    case "us", "µs" -> 1e3;
                    case "ms" -> 1e6;
                    case "s" -> 1e9;
                    default -> 60e9;
                };
        return new BigDecimal(matcher.group(1))
                .multiply(BigDecimal.valueOf(nanos))
                .doubleValue();
    }

    /** Writes a duration in the largest unit that leaves a number of at least 1. */
    static String format(double nanos) {
        String[] units = {"ns", "us", "ms", "s"};
        int unit = 0;
        double value = nanos;
        while (unit < units.length - 1 && value >= 1000) {
            value /= 1000;
            unit++;
        }
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString() + units[unit];
    }
}
