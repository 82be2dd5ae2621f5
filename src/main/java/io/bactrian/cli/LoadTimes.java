package io.bactrian.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads measured times from a CSV: the column {@code value}, in milliseconds. */
final class LoadTimes {
    private static final String COLUMN = "value";

    private LoadTimes() {}

    /** Returns the times in their order; throws {@link IllegalArgumentException} naming the line that is wrong. */
    static List<Duration> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": " + e + " (expected: a readable file)", e);
        }
        int column = lines.isEmpty()
                ? -1
                : Arrays.asList(lines.get(0).split(",", -1)).indexOf(COLUMN);
        if (column < 0 || lines.size() < 2) {
            throw new IllegalArgumentException(file + ":1: (expected: a column " + COLUMN + ", and lines below)");
        }
        List<Duration> times = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            String[] fields = lines.get(i).split(",", -1);
            String text = column < fields.length ? fields[column] : "";
            try {
                double millis = Double.parseDouble(text);
                if (!(millis >= 0 && millis <= Integer.MAX_VALUE)) {
                    throw new NumberFormatException();
                }
                times.add(Duration.ofNanos(Math.round(millis * 1e6)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        file + ":" + (i + 1) + ": " + text + " (expected: milliseconds, >= 0)", e);
            }
        }
        return times;
    }
}
