package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How a workload is bent before it is sent. Sharing is kept: requests that had k leading blocks in common still do.
 *
 * @param speed 2 sends twice as fast as recorded
 * @param limit most requests to send
 * @param duration requests due at or after this are left out, counted after {@code speed}
 * @param maxOutputTokens most tokens to ask for
 * @param inputScale factor on the tokens of every prompt block, rounded, at least 1 token a block
 * @param outputScale factor on the output tokens, rounded, at least 1
 * @param textSeed equal seeds give equal prompts, different seeds prompts that share nothing
 */
public record Replay(
        double speed,
        int limit,
        Duration duration,
        int maxOutputTokens,
        double inputScale,
        double outputScale,
        long textSeed) {

    /** Longer than any workload, and still a number of nanoseconds. */
    public static final Duration UNLIMITED = Duration.ofDays(365);

    /** Sends a workload as it is. */
    public static final Replay UNCHANGED = new Replay(1, Integer.MAX_VALUE, UNLIMITED, Integer.MAX_VALUE, 1, 1, 0);

    public Replay {
        requirePositive("speed", speed);
        requirePositive("limit", limit);
        requirePositive("duration", (double) duration.toNanos());
        requirePositive("maxOutputTokens", maxOutputTokens);
        requirePositive("inputScale", inputScale);
        requirePositive("outputScale", outputScale);
    }

    /** Returns the workload as it is to be sent. */
    public Workload apply(Workload workload) {
        List<WorkloadRequest> bent = new ArrayList<>();
        for (WorkloadRequest request : workload.requests()) {
            Duration sendAt = Duration.ofNanos(Math.round(request.sendAt().toNanos() / speed));
            if (bent.size() == limit || sendAt.compareTo(duration) >= 0) {
                break;
            }
            int outputTokens = Math.min(maxOutputTokens, scaled(request.outputTokens(), outputScale));
            bent.add(new WorkloadRequest(sendAt, bent(request.blocks()), outputTokens, request.model()));
        }
        return new Workload(workload.name(), bent);
    }

    private List<PromptBlock> bent(List<PromptBlock> blocks) {
        // Exclusive or with one number keeps different ids different.
        long flip = textSeed == 0 ? 0 : PromptText.mix(textSeed);
        return blocks.stream()
                .map(block -> new PromptBlock(block.id() ^ flip, scaled(block.tokens(), inputScale)))
                .toList();
    }

    private static int scaled(int tokens, double factor) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.round(tokens * factor)));
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
