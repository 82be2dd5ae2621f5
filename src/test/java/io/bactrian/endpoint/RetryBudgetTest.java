package io.bactrian.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    @Test
    void letsTheFirstRequestsRetry() {
        RetryBudget budget = new RetryBudget(RetrySettings.DEFAULTS);

        assertThat(budget.tryTake(0)).isTrue();
        assertThat(budget.tryTake(1)).isTrue();
    }

    @Test
    void limitsTheRetriesOfOneRequest() {
        RetryBudget budget = new RetryBudget(RetrySettings.DEFAULTS);

        assertThat(budget.tryTake(2)).isFalse();
    }

    @Test
    void keepsRetriesToTheirShareOfTheTraffic() {
        RetryBudget budget = new RetryBudget(new RetrySettings(2, 0.1));

        int retries = 0;
        for (int request = 0; request < 1000; request++) {
            budget.requestBegan();
            retries += budget.tryTake(0) ? 1 : 0;
        }

        assertThat(retries).isBetween(100, 110); // a tenth, and the reserve of ten
    }

    @Test
    void neverRetriesWithoutAShare() {
        RetryBudget budget = new RetryBudget(new RetrySettings(0, 0));

        assertThat(budget.tryTake(0)).isFalse();
    }
}
