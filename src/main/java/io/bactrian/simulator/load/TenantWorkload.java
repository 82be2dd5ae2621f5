package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Makes requests of tenants who share a system prompt each: a prompt is the tenant's prefix and a user's question.
 *
 * <p>Requests come as a Poisson process. The shape is that of llm-d's b2b-saas benchmark (150 tenants with a prefix of
 * 6,000 tokens, 5 users each with a question of 1,200, 1,000 tokens out), in which a user repeats its question.
 *
 * @param tenants tenants, each with a prefix of its own
 * @param usersPerTenant users of one tenant, each with a question of its own
 * @param prefixTokens tokens of a tenant's prefix
 * @param questionTokens tokens of a question
 * @param outputTokens tokens generated for each request
 * @param freshQuestions whether every request asks something new, instead of each user always the same
 * @param skew exponent of the Zipf distribution by which tenants are drawn; 0 draws them evenly
 * @param requestsPerSecond mean rate of arrival
 * @param seed equal seeds give equal workloads
 */
public record TenantWorkload(
        int tenants,
        int usersPerTenant,
        int prefixTokens,
        int questionTokens,
        int outputTokens,
        boolean freshQuestions,
        double skew,
        double requestsPerSecond,
        long seed) {

    /** A fifth of the published shape in every direction, for one machine. */
    public static final TenantWorkload DEFAULT = new TenantWorkload(30, 5, 1200, 240, 100, false, 0, 10, 1);

    // Ids of the three kinds of block lie in ranges of their own.
    private static final long FIRST_QUESTION_ID = 1L << 32;
    private static final long FIRST_FRESH_QUESTION_ID = 1L << 33;

    public TenantWorkload {
        require("tenants", tenants, tenants >= 1, ">= 1");
        require("usersPerTenant", usersPerTenant, usersPerTenant >= 1, ">= 1");
        require("prefixTokens", prefixTokens, prefixTokens >= 1, ">= 1");
        require("questionTokens", questionTokens, questionTokens >= 1, ">= 1");
        require("outputTokens", outputTokens, outputTokens >= 1, ">= 1");
        require("skew", skew, skew >= 0, ">= 0");
        require("requestsPerSecond", requestsPerSecond, requestsPerSecond > 0, "> 0");
        require("tenants * usersPerTenant", tenants, (long) tenants * usersPerTenant < FIRST_QUESTION_ID, "< 2^32");
    }

    /** Makes the requests that arrive within {@code duration}, at most {@code limit}. */
    public Workload generate(Duration duration, int limit) {
        RandomGenerator random = new SplittableRandom(seed);
        double[] shares = cumulativeShares();
        List<WorkloadRequest> requests = new ArrayList<>();
        double seconds = 0;
        while (requests.size() < limit) {
            seconds += random.nextExponential() / requestsPerSecond;
            Duration sendAt = Duration.ofNanos(Math.round(seconds * 1e9));
            if (sendAt.compareTo(duration) >= 0) {
                break;
            }
            int tenant = draw(shares, random.nextDouble());
            int user = random.nextInt(usersPerTenant);
            long question = freshQuestions
                    ? FIRST_FRESH_QUESTION_ID + requests.size()
                    : FIRST_QUESTION_ID + (long) tenant * usersPerTenant + user;
            List<PromptBlock> blocks =
                    List.of(new PromptBlock(tenant, prefixTokens), new PromptBlock(question, questionTokens));
            requests.add(new WorkloadRequest(sendAt, blocks, outputTokens));
        }
        return new Workload("tenants", requests);
    }

    /** Returns for each tenant the share of requests that it and those before it make; the last is 1. */
    private double[] cumulativeShares() {
        double[] shares = new double[tenants];
        double sum = 0;
        for (int tenant = 0; tenant < tenants; tenant++) {
            sum += Math.pow(tenant + 1, -skew);
            shares[tenant] = sum;
        }
        for (int tenant = 0; tenant < tenants; tenant++) {
            shares[tenant] /= sum;
        }
        return shares;
    }

    private static int draw(double[] cumulativeShares, double point) {
        int tenant = 0;
        while (cumulativeShares[tenant] <= point) {
            tenant++;
        }
        return tenant;
    }

    private static void require(String name, double value, boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
