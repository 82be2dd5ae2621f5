package io.bactrian.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;

/** How the processes of a benchmark report to {@code run.py}. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static String write(Map<String, ?> report) {
        try {
            return MAPPER.writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("report: " + report, e);
        }
    }

    /** Prints {@code report} as one line. */
    static void print(Map<String, ?> report) {
        System.out.println(write(report));
        System.out.flush();
    }
}
