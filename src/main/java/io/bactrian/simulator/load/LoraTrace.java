package io.bactrian.simulator.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads who asked for which adapter when from a CSV with the columns {@code gmt_create}, {@code groupId} (the user) and
 * {@code checkpoint_model_version_id} (taken as the adapter), such as Alibaba's GenAI trace of 2026: real arrivals of real users
 * over many models. Its prompts are of images, so that lengths come from elsewhere.
 *
 * @param prefixTokens tokens that all requests of one user begin with
 * @param questionTokens tokens that are new in every request
 * @param outputTokens tokens generated for each request
 */
public record LoraTrace(int prefixTokens, int questionTokens, int outputTokens) {
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final String TIME = "gmt_create";
    private static final String USER = "groupId";
    private static final String ADAPTER = "checkpoint_model_version_id";

    // Ids of questions lie in a range of their own.
    private static final long FIRST_QUESTION_ID = 1L << 32;

    /**
     * Reads a whole trace; the first request starts it.
     *
     * @throws IllegalArgumentException naming the line that is wrong
     */
    public Workload read(Path file) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            return read(file.getFileName().toString(), reader);
        }
    }

    Workload read(String name, BufferedReader reader) throws IOException {
        String header = reader.readLine();
        List<String> columns =
                header == null ? List.of() : Arrays.asList(header.strip().split(",", -1));
        int time = columns.indexOf(TIME);
        int user = columns.indexOf(USER);
        int adapter = columns.indexOf(ADAPTER);
        if (time < 0 || user < 0 || adapter < 0) {
            throw new IllegalArgumentException(
                    name + ":1: " + header + " (expected: columns " + TIME + ", " + USER + ", " + ADAPTER + ")");
        }
        List<WorkloadRequest> requests = new ArrayList<>();
        Map<String, Long> users = new LinkedHashMap<>();
        @Nullable LocalDateTime start = null;
        int lineNumber = 1;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lineNumber++;
            String[] fields = line.strip().split(",", -1);
            if (fields.length != columns.size()) {
                throw new IllegalArgumentException(
                        name + ":" + lineNumber + ": " + fields.length + " fields (expected: " + columns.size() + ")");
            }
            if (fields[adapter].isEmpty()) {
                continue; // a few requests of the published trace name no model
            }
            try {
                LocalDateTime timestamp = LocalDateTime.parse(fields[time], TIMESTAMP);
                start = start == null ? timestamp : start;
                long prefix = users.computeIfAbsent(fields[user], key -> (long) users.size());
                requests.add(new WorkloadRequest(
                        Duration.between(start, timestamp),
                        List.of(
                                new PromptBlock(prefix, prefixTokens),
                                new PromptBlock(FIRST_QUESTION_ID + lineNumber, questionTokens)),
                        outputTokens,
                        fields[adapter]));
            } catch (DateTimeParseException | IllegalArgumentException e) {
                throw new IllegalArgumentException(name + ":" + lineNumber + ": " + e.getMessage(), e);
            }
        }
        return new Workload(name, requests);
    }
}
