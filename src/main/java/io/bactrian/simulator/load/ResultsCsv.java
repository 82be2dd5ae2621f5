package io.bactrian.simulator.load;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes one line per request; a value that is not known is empty. */
public final class ResultsCsv {
    private static final String HEADER = "index,sendAtSeconds,latenessSeconds,outcome,status,endpoint,ttftSeconds,"
            + "meanItlSeconds,tpotSeconds,endToEndSeconds,textEvents,promptTokens,cachedTokens,outputTokens";

    private ResultsCsv() {}

    /** Writes {@code results} to {@code file}. */
    public static void write(Path file, List<RequestResult> results) throws IOException {
        try (PrintWriter out = new PrintWriter(file.toFile(), StandardCharsets.UTF_8)) {
            out.println(HEADER);
            results.forEach(result -> out.println(line(result)));
            if (out.checkError()) {
                throw new IOException("writing " + file + " failed");
            }
        }
    }

    private static String line(RequestResult result) {
        TokenUsage usage = result.usage();
        return String.join(
                ",",
                text(result.index()),
                seconds(result.sendAt()),
                seconds(result.lateness()),
                result.outcome().name().toLowerCase(Locale.ROOT),
                text(result.status()),
                // A header value may hold a comma, as nginx's $upstream_addr does after a retry.
                result.endpoint() == null ? "" : '"' + result.endpoint().replace("\"", "\"\"") + '"',
                seconds(result.ttft()),
                seconds(result.meanItl()),
                seconds(result.tpot()),
                seconds(result.endToEnd()),
                text(result.textEvents()),
                text(usage == null ? null : (Integer) usage.promptTokens()),
                text(usage == null ? null : usage.cachedTokens()),
                text(result.outputTokens()));
    }

    private static String text(@Nullable Integer value) {
        return value == null ? "" : value.toString();
    }

    private static String seconds(@Nullable Duration duration) {
        return duration == null ? "" : String.format(Locale.ROOT, "%.6f", duration.toNanos() / 1e9);
    }
}
