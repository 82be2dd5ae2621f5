package io.bactrian.simulator.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the JSON lines of the Mooncake traces: {@code timestamp} in milliseconds, {@code input_length} and {@code
 * output_length} in tokens, {@code hash_ids} of the prompt's blocks, of which only the last may be shorter. Other keys
 * are ignored.
 *
 * <p>Source: the traces published with <a href="https://github.com/kvcache-ai/Mooncake">Mooncake</a>.
 */
public final class MooncakeTrace {
    /** Tokens in a block of the published traces. */
    public static final int BLOCK_TOKENS = 512;

    private static final ObjectMapper JSON = new ObjectMapper();

    private MooncakeTrace() {}

    /**
     * Reads a whole trace whose blocks hold {@code blockTokens} tokens.
     *
     * @throws IllegalArgumentException naming the line that is wrong
     */
    public static Workload read(Path file, int blockTokens) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            return read(file.getFileName().toString(), reader, blockTokens);
        }
    }

    static Workload read(String name, BufferedReader reader, int blockTokens) throws IOException {
        List<WorkloadRequest> requests = new ArrayList<>();
        int lineNumber = 0;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lineNumber++;
            if (line.isBlank()) {
                continue;
            }
            try {
                requests.add(request(JSON.readTree(line), blockTokens));
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException(name + ":" + lineNumber + ": " + e.getOriginalMessage(), e);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(name + ":" + lineNumber + ": " + e.getMessage(), e);
            }
        }
        return new Workload(name, requests);
    }

    private static WorkloadRequest request(JsonNode line, int blockTokens) {
        double timestampMillis = number(line, "timestamp").doubleValue();
        int inputLength = number(line, "input_length").intValue();
        int outputLength = Math.max(1, number(line, "output_length").intValue());
        JsonNode hashIds = line.path("hash_ids");
        int lastBlockTokens = inputLength - (hashIds.size() - 1) * blockTokens;
        if (lastBlockTokens < 1 || lastBlockTokens > blockTokens) {
            throw new IllegalArgumentException("hash_ids: %d for input_length %d (expected: one per %d tokens)"
                    .formatted(hashIds.size(), inputLength, blockTokens));
        }
        List<PromptBlock> blocks = new ArrayList<>(hashIds.size());
        for (JsonNode hashId : hashIds) {
            boolean last = blocks.size() == hashIds.size() - 1;
            blocks.add(new PromptBlock(hashId.longValue(), last ? lastBlockTokens : blockTokens));
        }
        return new WorkloadRequest(Duration.ofNanos(Math.round(timestampMillis * 1e6)), blocks, outputLength);
    }

    private static JsonNode number(JsonNode line, String key) {
        JsonNode value = line.path(key);
        if (!value.isNumber()) {
            throw new IllegalArgumentException(key + ": " + value + " (expected: a number)");
        }
        return value;
    }
}
