package io.bactrian.simulator.fit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the table {@code perf_model.csv} of Splitwise (<a href="https://github.com/Mutinifni/splitwise-sim">splitwise-sim</a>),
 * times in milliseconds.
 */
final class PerformanceTable {
    private static final List<String> COLUMNS = List.of(
            "model",
            "hardware",
            "prompt_size",
            "batch_size",
            "token_size",
            "prompt_time",
            "token_time",
            "e2e_time",
            "tensor_parallel");
    private static final double NANOS_PER_MILLI = 1e6;

    private PerformanceTable() {}

    /** Returns the measurements of a table in their order. */
    static List<Measurement> read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty()) {
            throw new IllegalArgumentException(file + ": empty (expected: a table with a header)");
        }
        Map<String, Integer> column = new HashMap<>();
        String[] names = lines.get(0).split(",", -1);
        for (int i = 0; i < names.length; i++) {
            column.put(names[i], i);
        }
        for (String name : COLUMNS) {
            if (!column.containsKey(name)) {
                throw new IllegalArgumentException(file + ": no column " + name + " (expected: " + COLUMNS + ")");
            }
        }
        List<Measurement> measurements = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            Map<String, String> row = new HashMap<>();
            column.forEach((name, index) -> row.put(name, cells[index]));
            measurements.add(measurement(row));
        }
        return measurements;
    }

    private static Measurement measurement(Map<String, String> row) {
        double first = number(row, "prompt_time");
        double token = number(row, "token_time");
        // Many answers ended before their limit: what was generated follows from the time it took.
        long generated = 1 + Math.round((number(row, "e2e_time") - first) / token);
        return new Measurement(
                new Measurement.Setup(text(row, "model"), text(row, "hardware"), (int) number(row, "tensor_parallel")),
                (int) number(row, "prompt_size"),
                (int) number(row, "batch_size"),
                (int) Math.max(2, Math.min(number(row, "token_size"), (double) generated)),
                first * NANOS_PER_MILLI,
                token * NANOS_PER_MILLI);
    }

    private static double number(Map<String, String> row, String column) {
        return Double.parseDouble(text(row, column));
    }

    private static String text(Map<String, String> row, String column) {
        return row.getOrDefault(column, "");
    }
}
