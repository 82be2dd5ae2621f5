package io.bactrian.endpoint;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps retries a small share of the traffic. Safe between threads.
 *
 * <p>Every request pays a share of a retry into an account that holds no more than {@link #RESERVE} retries; a retry
 * takes one out. The account starts full, so that a router with little traffic may retry too.
 */
public final class RetryBudget {
    private static final long RESERVE = 10;
    private static final long UNITS_PER_RETRY = 1000;

    private final RetrySettings settings;
    private final AtomicLong units = new AtomicLong(RESERVE * UNITS_PER_RETRY);

    public RetryBudget(RetrySettings settings) {
        this.settings = settings;
    }

    /** Counts a request. */
    public void requestBegan() {
        long share = (long) (settings.budgetShare() * UNITS_PER_RETRY);
        units.accumulateAndGet(share, (held, paid) -> Math.min(RESERVE * UNITS_PER_RETRY, held + paid));
    }

    /** Takes one retry for a request that has had {@code retries}; tells whether it may go on. */
    public boolean tryTake(int retries) {
        if (retries >= settings.maxPerRequest()) {
            return false;
        }
        long before = units.getAndUpdate(held -> held >= UNITS_PER_RETRY ? held - UNITS_PER_RETRY : held);
        return before >= UNITS_PER_RETRY;
    }
}
