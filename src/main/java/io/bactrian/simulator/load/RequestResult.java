package io.bactrian.simulator.load;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of one request. Latencies count from the moment the request was due, not from when it was sent.
 *
 * @param index its place in the workload, from 0
 * @param sendAt when it was due, from the start of the run
 * @param lateness how long after that the sender took it up
 * @param outcome how it ended
 * @param status HTTP status; 0 if none came
 * @param endpoint who served it, if the answer says so
 * @param ttft from due to the first event with text; null without one
 * @param lastText from due to the last event with text; null without one
 * @param endToEnd from due to the end of the answer
 * @param textEvents events with text
 * @param usage what the server counted, if it says so
 */
public record RequestResult(
        int index,
        Duration sendAt,
        Duration lateness,
        Outcome outcome,
        int status,
        @Nullable String endpoint,
        @Nullable Duration ttft,
        @Nullable Duration lastText,
        Duration endToEnd,
        int textEvents,
        @Nullable TokenUsage usage) {

    /** Returns the generated tokens by the server's count, else the events with text. */
    public int outputTokens() {
        return usage == null ? textEvents : usage.outputTokens();
    }

    /** Returns the mean gap between events with text; null if there are fewer than two. */
    public @Nullable Duration meanItl() {
        return ttft == null || lastText == null || textEvents < 2
                ? null
                : lastText.minus(ttft).dividedBy(textEvents - 1);
    }

    /** Returns the time per output token after the first; null if there are fewer than two. */
    public @Nullable Duration tpot() {
        return ttft == null || outputTokens() < 2 ? null : endToEnd.minus(ttft).dividedBy(outputTokens() - 1);
    }
}
