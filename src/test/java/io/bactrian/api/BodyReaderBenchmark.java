package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.bactrian.request.Api;
import io.bactrian.request.PromptSink;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;

/** Prints what reading a chat of 400 KB costs beside Jackson's bare walk over its tokens, in MB per CPU second. */
public final class BodyReaderBenchmark {
    private static final int BODY_BYTES = 400 * 1024;
    private static final int VIEW_BYTES = 64 * 1024;
    private static final int ROUNDS = 5;
    private static final long ROUND_NANOS = 700_000_000L;

    /** Takes results, so that the work is not optimised away. */
    static int sink;

    private BodyReaderBenchmark() {}

    public static void main(String[] arguments) {
        String prose = "The quick brown fox jumps over the lazy dog while 42 camels watch. ";
        String code = "if (camel == null) {\n\treturn \"no camel\";\n}\n";
        compare("one long prompt", chat(1, prose));
        compare("40 messages of prose", chat(40, prose));
        compare("40 messages of code", chat(40, code));
        compare("1000 messages of prose", chat(1000, prose));
        compare("40 messages of Chinese", chat(40, "敏捷的棕色狐狸跳过了懒狗，四十二头骆驼在看。"));
    }

    private static byte[] chat(int messages, String text) {
        StringBuilder body = new StringBuilder("{\"model\":\"m\",\"stream\":true,\"messages\":[");
        String escaped = text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\t", "\\t");
        int bytes = escaped.getBytes(StandardCharsets.UTF_8).length;
        for (int i = 0; i < messages; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"role\":\"")
                    .append(i % 2 == 0 ? "user" : "assistant")
                    .append("\",\"content\":\"")
                    .append(escaped.repeat(Math.max(1, BODY_BYTES / messages / bytes)))
                    .append("\"}");
        }
        return body.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void compare(String name, byte[] body) {
        BodyReader reader = new BodyReader(1 << 25);
        JsonFactory factory = new JsonFactory();
        RequestBytes views = direct(body);
        double[] walked = new double[ROUNDS];
        double[] read = new double[ROUNDS];
        double[] prompted = new double[ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            double walk = rate(body.length, () -> walk(factory, body));
            double readOnly =
                    rate(body.length, () -> reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, views)
                            .choices());
            double readAll = rate(body.length, () -> readWithPrompt(reader, views));
            if (round >= 0) {
                walked[round] = walk;
                read[round] = readOnly;
                prompted[round] = readAll;
            }
        }
        double walk = median(walked);
        System.out.printf(
                Locale.ROOT,
                "%-24s walk %5.0f   read %5.0f (%.2f of walk)   read and prompt %5.0f (%.2f)%n",
                name,
                walk,
                median(read),
                median(read) / walk,
                median(prompted),
                median(prompted) / walk);
    }

    private static RequestBytes direct(byte[] body) {
        List<ByteBuffer> views = new ArrayList<>();
        for (int from = 0; from < body.length; from += VIEW_BYTES) {
            int length = Math.min(VIEW_BYTES, body.length - from);
            views.add(ByteBuffer.allocateDirect(length)
                    .put(body, from, length)
                    .flip()
                    .asReadOnlyBuffer());
        }
        return new RequestBytes.ArrayBytes(views, body.length);
    }

    private static int walk(JsonFactory factory, byte[] body) {
        int tokens = 0;
        try (JsonParser parser = factory.createParser(body)) {
            while (parser.nextToken() != null) {
                tokens++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tokens;
    }

    private static int readWithPrompt(BodyReader reader, RequestBytes views) {
        ByteCount count = new ByteCount();
        reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, views)
                .request()
                .prompt()
                .read(0, count);
        return count.bytes;
    }

    private static double rate(int bytes, IntSupplier work) {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long spent = 0;
        long done = 0;
        while (spent < ROUND_NANOS) {
            for (int i = 0; i < 20; i++) {
                sink += work.getAsInt();
                done += bytes;
            }
            spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
        }
        return done * 1e3 / spent;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static final class ByteCount implements PromptSink {
        private int bytes;

        @Override
        public boolean text(byte[] utf8, int offset, int length) {
            bytes += length;
            return true;
        }

        @Override
        public boolean tokenId(int id) {
            return true;
        }
    }
}
