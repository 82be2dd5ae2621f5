package io.bactrian.api;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** Prints what finding the end of an event, and looking for usage in it, costs in nanoseconds of CPU per event. */
public final class SseEventsBenchmark {
    private static final int ROUNDS = 5;
    private static final int EVENTS = 2_000_000;

    /** Takes results, so that the work is not optimised away. */
    static int sink;

    private SseEventsBenchmark() {}

    public static void main(String[] arguments) {
        String event =
                "data: {\"id\":\"chatcmpl-0123456789abcdef0123456789abcdef\",\"object\":\"chat.completion.chunk\","
                        + "\"created\":1750000000,\"model\":\"meta-llama/Llama-3.1-8B-Instruct\",\"choices\":[{\"index\":0,"
                        + "\"delta\":{\"content\":\" camel\"},\"logprobs\":null,\"finish_reason\":null}]%s}\n\n";
        for (String tail : new String[] {"", ",\"usage\":null", ",\"logprobs\":\"" + "x".repeat(1500) + '"'}) {
            byte[] bytes = event.formatted(tail).getBytes(StandardCharsets.UTF_8);
            ByteBuffer direct =
                    ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
            SseEvents events = new SseEvents();
            UsageReader reader = new UsageReader();
            print(bytes.length, "end, byte by byte", direct, SseEventsBenchmark::byteByByte);
            print(bytes.length, "end", direct, piece -> events.next(piece, 0));
            print(
                    bytes.length,
                    "end and usage",
                    direct,
                    piece -> events.next(piece, 0) + (reader.readEvent(piece).only() ? 1 : 0));
        }
    }

    private static void print(int length, String name, ByteBuffer event, ToIntFunction<ByteBuffer> work) {
        double[] nanos = new double[ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            for (int i = 0; i < EVENTS; i++) {
                sink += work.applyAsInt(event);
            }
            if (round >= 0) {
                nanos[round] =
                        (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / (double) EVENTS;
            }
        }
        Arrays.sort(nanos);
        System.out.printf(Locale.ROOT, "event of %d bytes, %-20s %6.1f ns%n", length, name, nanos[ROUNDS / 2]);
    }

    private static int byteByByte(ByteBuffer event) {
        boolean lineIsEmpty = true;
        for (int i = 0; i < event.limit(); i++) {
            if (event.get(i) != '\n') {
                lineIsEmpty = false;
            } else if (lineIsEmpty) {
                return i + 1;
            } else {
                lineIsEmpty = true;
            }
        }
        return -1;
    }
}
