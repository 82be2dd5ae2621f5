package io.bactrian.benchmarks;

import io.bactrian.api.BodyReader;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.PromptTokens;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SlowDataProducer;
import io.bactrian.tokenizer.TokenPlugins;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What {@code token-producer} costs that counts in the process: a conversation of 50 turns that grows to about 100,000 tokens, each turn
 * a request, in CPU time of the one thread that does it all; with the cache of beginnings and without.
 *
 * <p>Usage: {@code java -cp benchmarks/target/bactrian-benchmarks.jar:target/bactrian.jar io.bactrian.benchmarks.TokenCounting [FOLDER]}, where
 * FOLDER holds a model's {@code tokenizer.json} and chat template.
 */
public final class TokenCounting {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int TURNS = 50;
    private static final int ROUNDS = 4;
    private static final int CHARS_PER_TURN = 7_300;
    private static final String[] WORDS =
            ("camel desert caravan water hump sand walk carry load token model server request answer prompt cache block"
                            + " route queue pool weather morning evening street bread coffee the a of to and in is it that")
                    .split(" ");
    private static final double NANOS_PER_MILLI = 1e6;

    private TokenCounting() {}

    public static void main(String[] arguments) {
        String folder = arguments.length > 0 ? arguments[0] : "test-fixtures/tokenizers/bytes";
        for (int cachedPrefixes : new int[] {0, 65_536}) {
            SlowDataProducer producer = producer(folder, cachedPrefixes);
            for (int round = 0; round < ROUNDS; round++) {
                run(producer, cachedPrefixes, round);
            }
        }
    }

    private static SlowDataProducer producer(String folder, int cachedPrefixes) {
        Map<String, Object> local = Map.of(
                "folder", folder, "cachedPrefixes", cachedPrefixes, "timeout", "60s", "maxPromptChars", 10_000_000);
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(1));
        PluginServices services =
                new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, InstantSource.system());
        return (SlowDataProducer)
                Objects.requireNonNull(new TokenPlugins().plugins().get("token-producer"))
                        .create(new PluginParameters("token-producer", "parameters", Map.of("local", local)), services);
    }

    private static void run(SlowDataProducer producer, int cachedPrefixes, int round) {
        SplittableRandom random = new SplittableRandom(round);
        StringBuilder messages = new StringBuilder();
        long sum = 0;
        long tokens = 0;
        long last = 0;
        int count = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            messages.append(messages.isEmpty() ? "" : ",")
                    .append("{\"role\":\"")
                    .append(turn % 2 == 0 ? "user" : "assistant")
                    .append("\",\"content\":\"")
                    .append(text(random))
                    .append("\"}");
            RequestBytes body = RequestBytes.of(
                    ("{\"model\":\"m\",\"messages\":[" + messages + "]}").getBytes(StandardCharsets.UTF_8));
            InferenceRequest request = new BodyReader(1 << 30)
                    .read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, body)
                    .request();
            request.context().setBody(body);
            long began = THREADS.getCurrentThreadCpuTime();
            producer.begin(request, List.of()).join().get();
            last = THREADS.getCurrentThreadCpuTime() - began;
            PromptTokens counted = Objects.requireNonNull(request.context().promptTokens());
            if (!counted.source().equals("local")) {
                throw new IllegalStateException(counted.source());
            }
            sum += last;
            tokens += counted.count();
            count = counted.count();
        }
        System.out.printf(
                Locale.ROOT,
                "cachedPrefixes %d, round %d: last of %d turns %d tokens, %.1f ms; mean of a turn %.1f ms; %.0f tokens/s%n",
                cachedPrefixes,
                round,
                TURNS,
                count,
                last / NANOS_PER_MILLI,
                sum / NANOS_PER_MILLI / TURNS,
                tokens * 1e9 / sum);
    }

    /** Words that the fixtures' tokenizers know, and one in eight that they do not. */
    private static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        while (text.length() < CHARS_PER_TURN) {
            if (random.nextInt(8) > 0) {
                text.append(WORDS[random.nextInt(WORDS.length)]);
            } else {
                random.ints(1 + random.nextInt(9), 'a', 'z' + 1).forEach(letter -> text.append((char) letter));
            }
            text.append(random.nextInt(12) == 0 ? ". " : " ");
        }
        return text.toString();
    }
}
