package io.bactrian.benchmarks;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Adds up weights by name, and prints the heaviest as shares of the whole. */
final class Shares {
    private final Map<String, Long> weights = new HashMap<>();
    private long total;
    private boolean overlapping; // the total is counted apart from the names

    void add(String name, long weight) {
        weights.merge(name, weight, Long::sum);
        if (!overlapping) {
            total += weight;
        }
    }

    /** Counts the whole by itself, for names that overlap. */
    void addToTotal(long weight) {
        if (!overlapping) {
            overlapping = true;
            total = 0;
        }
        total += weight;
    }

    void print(String heading, int lines) {
        System.out.println("\n" + heading + " (all: " + total + ")");
        weights.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(lines)
                .forEach(entry -> System.out.println(
                        String.format(Locale.ROOT, "%6.1f %%  %s", 100.0 * entry.getValue() / total, entry.getKey())));
    }
}
