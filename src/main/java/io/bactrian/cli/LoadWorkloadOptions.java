package io.bactrian.cli;

import io.bactrian.simulator.load.AzureTrace;
import io.bactrian.simulator.load.LoraTrace;
import io.bactrian.simulator.load.MooncakeTrace;
import io.bactrian.simulator.load.Replay;
import io.bactrian.simulator.load.TenantWorkload;
import io.bactrian.simulator.load.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code load} that say what is sent and when. */
final class LoadWorkloadOptions {
    private static final TenantWorkload TENANTS = TenantWorkload.DEFAULT;
    private static final Duration TENANTS_DURATION = Duration.ofSeconds(60);

    @Option(
            names = "--mooncake",
            paramLabel = "FILE",
            description = "Replay a trace of JSON lines with timestamp (ms), input_length, output_length, hash_ids.")
    private @Nullable Path mooncake;

    @Option(
            names = "--trace-block-tokens",
            paramLabel = "TOKENS",
            description = "Tokens in one block of hash_ids. Default: ${DEFAULT-VALUE}.")
    private int traceBlockTokens = MooncakeTrace.BLOCK_TOKENS;

    @Option(
            names = "--azure",
            paramLabel = "FILE",
            description = "Replay a CSV trace with TIMESTAMP,ContextTokens,GeneratedTokens. No prompts share a prefix.")
    private @Nullable Path azure;

    @Option(
            names = "--lora-trace",
            paramLabel = "FILE",
            description =
                    "Replay a CSV trace with gmt_create, groupId (a user) and checkpoint_model_version_id (asked for as"
                            + " the model). Token counts are those of --prefix-tokens, --question-tokens, --output-tokens.")
    private @Nullable Path loraTrace;

    @Option(
            names = "--tenants",
            paramLabel = "N",
            description = "Without a trace: tenants with a shared prefix each." + " Default: ${DEFAULT-VALUE}.")
    private int tenants = TENANTS.tenants();

    @Option(names = "--users", paramLabel = "N", description = "Users of one tenant. Default: ${DEFAULT-VALUE}.")
    private int usersPerTenant = TENANTS.usersPerTenant();

    @Option(
            names = "--prefix-tokens",
            paramLabel = "TOKENS",
            description = "Tokens of a tenant's prefix. Default: ${DEFAULT-VALUE}.")
    private int prefixTokens = TENANTS.prefixTokens();

    @Option(
            names = "--question-tokens",
            paramLabel = "TOKENS",
            description = "Tokens of a user's question. Default: ${DEFAULT-VALUE}.")
    private int questionTokens = TENANTS.questionTokens();

    @Option(
            names = "--output-tokens",
            paramLabel = "TOKENS",
            description = "Tokens generated for each request. Default: ${DEFAULT-VALUE}.")
    private int outputTokens = TENANTS.outputTokens();

    @Option(
            names = "--fresh-questions",
            description = "Every request asks something new; without it a user repeats its question.")
    private boolean freshQuestions;

    @Option(
            names = "--skew",
            paramLabel = "EXPONENT",
            description = "Zipf exponent by which tenants are drawn; 0 draws them evenly. Default: ${DEFAULT-VALUE}.")
    private double skew = TENANTS.skew();

    @Option(
            names = "--rate",
            paramLabel = "PER_SECOND",
            description = "Mean arrivals per second, Poisson. Default: ${DEFAULT-VALUE}.")
    private double requestsPerSecond = TENANTS.requestsPerSecond();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Equal seeds make equal tenant workloads. Default: ${DEFAULT-VALUE}.")
    private long seed = TENANTS.seed();

    @Option(
            names = "--speed",
            paramLabel = "FACTOR",
            description = "2 sends twice as fast as the workload says. Default: ${DEFAULT-VALUE}.")
    private double speed = 1;

    @Option(names = "--limit", paramLabel = "N", description = "Most requests to send. Default: all.")
    private int limit = Integer.MAX_VALUE;

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Send only what is due before this, at the given speed."
                    + " Default: all of a trace; 60s of tenants, or --limit if given.")
    private @Nullable Duration duration;

    @Option(names = "--max-output", paramLabel = "TOKENS", description = "Most tokens to ask for. Default: no limit.")
    private int maxOutputTokens = Integer.MAX_VALUE;

    @Option(
            names = "--input-scale",
            paramLabel = "FACTOR",
            description = "Factor on the tokens of every prompt block; keeps which blocks are shared."
                    + " Default: ${DEFAULT-VALUE}.")
    private double inputScale = 1;

    @Option(
            names = "--output-scale",
            paramLabel = "FACTOR",
            description = "Factor on the output tokens. Default: ${DEFAULT-VALUE}.")
    private double outputScale = 1;

    @Option(
            names = "--text-seed",
            paramLabel = "N",
            description = "Another seed makes other prompt texts, which no cache has seen. Default: ${DEFAULT-VALUE}.")
    private long textSeed;

    /**
     * Returns what the options describe.
     *
     * @throws IllegalArgumentException if an option or a line of the trace is wrong
     * @throws IOException if the trace cannot be read
     */
    Workload workload() throws IOException {
        return workload(1, 0);
    }

    /**
     * Returns one run of what the options describe: tenants are drawn with another seed in each, of a trace each has the
     * window of {@code --duration} that follows that of the run before.
     *
     * @param factor how many times as fast as the options say the same requests come
     * @param run from 0 on
     * @throws IllegalArgumentException if an option or a line of the trace is wrong
     * @throws IOException if the trace cannot be read
     */
    Workload workload(double factor, int run) throws IOException {
        if (Stream.of(mooncake, azure, loraTrace).filter(Objects::nonNull).count() > 1) {
            throw new IllegalArgumentException("--mooncake, --azure and --lora-trace (expected: one of them)");
        }
        Duration window = duration != null ? duration : Replay.UNLIMITED;
        if (mooncake != null) {
            return replay(window, factor).apply(of(MooncakeTrace.read(mooncake, traceBlockTokens), run));
        }
        if (azure != null) {
            return replay(window, factor).apply(of(AzureTrace.read(azure), run));
        }
        if (loraTrace != null) {
            LoraTrace trace = new LoraTrace(prefixTokens, questionTokens, outputTokens);
            return replay(window, factor).apply(of(trace.read(loraTrace), run));
        }
        if (duration == null && limit == Integer.MAX_VALUE) {
            window = TENANTS_DURATION;
        }
        return replay(window, factor).apply(tenants(run).generate(times(window, speed), limit));
    }

    private Workload of(Workload trace, int run) {
        if (run == 0) {
            return trace;
        }
        if (duration == null) {
            throw new IllegalArgumentException("--duration: missing (expected: the window of each run)");
        }
        Duration start = times(duration, speed * run);
        if (start.compareTo(trace.span()) > 0) {
            throw new IllegalArgumentException(
                    "--duration: the trace ends after " + trace.span() + " (expected: a window for each run)");
        }
        return trace.from(start);
    }

    private static Duration times(Duration duration, double factor) {
        return Duration.ofNanos(Math.round(duration.toNanos() * factor));
    }

    private TenantWorkload tenants(int run) {
        return new TenantWorkload(
                tenants,
                usersPerTenant,
                prefixTokens,
                questionTokens,
                outputTokens,
                freshQuestions,
                skew,
                requestsPerSecond,
                seed + run);
    }

    private Replay replay(Duration window, double factor) {
        Duration shorter = times(window, 1 / factor);
        return new Replay(speed * factor, limit, shorter, maxOutputTokens, inputScale, outputScale, textSeed);
    }
}
