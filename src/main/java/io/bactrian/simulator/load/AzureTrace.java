package io.bactrian.simulator.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the CSV of the Azure LLM inference traces: {@code TIMESTAMP,ContextTokens,GeneratedTokens}.
 *
 * <p>The format says nothing of prefixes, so no two prompts share any. Source: the 2023 trace of
 * <a href="https://github.com/Azure/AzurePublicDataset">AzurePublicDataset</a>.
 */
public final class AzureTrace {
    private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";

    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .toFormatter();

    private AzureTrace() {}

    /**
     * Reads a whole trace; the first request starts it.
     *
     * @throws IllegalArgumentException naming the line that is wrong
     */
    public static Workload read(Path file) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            return read(file.getFileName().toString(), reader);
        }
    }

    static Workload read(String name, BufferedReader reader) throws IOException {
        String header = reader.readLine();
        if (header == null || !header.strip().equals(HEADER)) {
            throw new IllegalArgumentException(name + ":1: " + header + " (expected: " + HEADER + ")");
        }
        List<WorkloadRequest> requests = new ArrayList<>();
        @Nullable LocalDateTime start = null;
        int lineNumber = 1;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lineNumber++;
            if (line.isBlank()) {
                continue;
            }
            String[] fields = line.strip().split(",", -1);
            try {
                if (fields.length != 3) {
                    throw new IllegalArgumentException(fields.length + " fields (expected: 3)");
                }
                LocalDateTime timestamp = LocalDateTime.parse(fields[0], TIMESTAMP);
                start = start == null ? timestamp : start;
                // Rows of the published trace that generated nothing still cost a prefill, which yields one token.
                int outputTokens = Math.max(1, Integer.parseInt(fields[2]));
                requests.add(new WorkloadRequest(
                        Duration.between(start, timestamp),
                        List.of(new PromptBlock(lineNumber, Integer.parseInt(fields[1]))),
                        outputTokens));
            } catch (DateTimeParseException | IllegalArgumentException e) {
                throw new IllegalArgumentException(name + ":" + lineNumber + ": " + e.getMessage(), e);
            }
        }
        return new Workload(name, requests);
    }
}
