package io.bactrian.endpoint;

/**
 * How far a request may be tried on another endpoint.
 *
 * @param maxPerRequest further attempts for one request
 * @param budgetShare further attempts as a share of all requests, 0 to 1
 */
public record RetrySettings(int maxPerRequest, double budgetShare) {

    /** Two more attempts, and no more than a tenth of the traffic, so that retries never become the load. */
    public static final RetrySettings DEFAULTS = new RetrySettings(2, 0.1);

    public RetrySettings {
        if (maxPerRequest < 0) {
            throw new IllegalArgumentException("maxPerRequest: " + maxPerRequest + " (expected: >= 0)");
        }
        if (!(budgetShare >= 0 && budgetShare <= 1)) {
            throw new IllegalArgumentException("budgetShare: " + budgetShare + " (expected: 0 to 1)");
        }
    }
}
