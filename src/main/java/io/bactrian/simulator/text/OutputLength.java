package io.bactrian.simulator.text;

import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * How many tokens a pretend model answers with.
 *
 * <p>With a limit, the length falls into one of six ranges that grow with the limit, the last being the limit itself;
 * without one it is normal around 40. The distribution is that of llm-d's inference simulator.
 */
final class OutputLength {
    // Probability of the six ranges; the last one stands for exactly the limit.
    private static final double[] RANGE_SHARES = {.20, .30, .20, .05, .10, .15};
    private static final int LAST_RANGE = 5;
    // Above this limit only one range grows with it, the others have 20 tokens each.
    private static final int EVEN_RANGES_UP_TO = 101;
    private static final int GROWING_RANGE = 3;
    private static final int FIXED_RANGE_TOKENS = 20;

    private static final double UNLIMITED_MEAN = 40;
    private static final double UNLIMITED_DEVIATION = 20;
    private static final int SMALL_CONTEXT = 20;

    private OutputLength() {}

    /** Draws a length from 1 to {@code maxTokens}; without it, to {@code contextLeft}. */
    static int draw(OptionalInt maxTokens, int contextLeft, RandomGenerator random) {
        return maxTokens.isPresent()
                ? drawLimited(maxTokens.getAsInt(), random)
                : drawUnlimited(Math.max(1, contextLeft), random);
    }

    private static int drawLimited(int max, RandomGenerator random) {
        if (max <= 1) {
            return max;
        }
        if (max <= 6) {
            return 1 + random.nextInt(max);
        }
        int range = drawRange(random);
        if (range == LAST_RANGE) {
            return max;
        }
        int low = lower(range, max);
        int high = Math.min(max - 1, lower(range + 1, max) - 1);
        return low + random.nextInt(high - low + 1);
    }

    private static int drawRange(RandomGenerator random) {
        double drawn = random.nextDouble();
        int range = 0;
        while (range < LAST_RANGE && drawn >= RANGE_SHARES[range]) {
            drawn -= RANGE_SHARES[range];
            range++;
        }
        return range;
    }

    /** Returns the least length of {@code range}. */
    private static int lower(int range, int max) {
        if (max <= EVEN_RANGES_UP_TO) {
            return (max - 1) * range / LAST_RANGE + 1;
        }
        int growth = range > GROWING_RANGE ? max - (LAST_RANGE * FIXED_RANGE_TOKENS) : 0;
        return range * FIXED_RANGE_TOKENS + growth + 1;
    }

    private static int drawUnlimited(int limit, RandomGenerator random) {
        if (limit < SMALL_CONTEXT) {
            return 1 + random.nextInt(limit);
        }
        while (true) {
            long drawn = Math.round(UNLIMITED_MEAN + UNLIMITED_DEVIATION * random.nextGaussian());
            if (drawn >= 1 && drawn <= limit) {
                return (int) drawn;
            }
        }
    }
}
