package io.bactrian.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointBreaker.Permission;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.MovableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class EndpointBreakerTest {
    private static final BreakerSettings SETTINGS = new BreakerSettings(10, 4, 0.5, Duration.ofSeconds(5), 2);
    private static final Duration OVER = SETTINGS.openFor().plusMillis(1);

    private final Exception failure = new Exception("no connection");

    private final MovableClock clock = new MovableClock();
    private final EndpointBreakers breakers = new EndpointBreakers(SETTINGS, clock);
    private final EndpointBreaker breaker = breakers.create(Candidates.endpoint("a"));

    @Test
    void permitsUntilEnoughRequestsHaveFailed() {
        fail(3);
        assertThat(breaker.wouldPermit()).isTrue();

        fail(1);
        assertThat(breaker.wouldPermit()).isFalse();
        assertThat(breaker.tryAcquire()).isNull();
        assertThat(breaker.isBroken()).isTrue();
    }

    @Test
    void fewFailuresAmongManySuccessesChangeNothing() {
        for (int i = 0; i < 20; i++) {
            acquire().success();
            acquire().success();
            acquire().error(failure);
        }

        assertThat(breaker.wouldPermit()).isTrue();
    }

    @Test
    void offersProbesOnceTheWaitIsOver() {
        fail(4);
        clock.advance(SETTINGS.openFor());
        assertThat(breaker.wouldPermit()).isFalse();
        clock.advance(Duration.ofMillis(1));
        assertThat(breaker.wouldPermit()).isTrue();

        acquire();
        assertThat(breaker.wouldPermit()).isTrue();
        acquire();
        assertThat(breaker.wouldPermit()).isFalse();
        assertThat(breaker.tryAcquire()).isNull();
    }

    @Test
    void goodProbesEndTheBreak() {
        fail(4);
        clock.advance(OVER);
        Permission first = acquire();
        Permission second = acquire();
        first.success();
        second.success();

        assertThat(breaker.isBroken()).isFalse();
        assertThat(breaker.wouldPermit()).isTrue();
    }

    @Test
    void badProbesBeginTheWaitAgain() {
        fail(4);
        clock.advance(OVER);
        Permission first = acquire();
        Permission second = acquire();
        first.error(failure);
        second.error(failure);

        assertThat(breaker.wouldPermit()).isFalse();
        clock.advance(OVER);
        assertThat(breaker.wouldPermit()).isTrue();
    }

    @Test
    void aProbeWhoseClientLeftMakesRoomForAnother() {
        fail(4);
        clock.advance(OVER);
        acquire().success();
        acquire().released();

        assertThat(breaker.wouldPermit()).isTrue();
        acquire().success();
        assertThat(breaker.isBroken()).isFalse();
    }

    @Test
    void onlyTheFirstOutcomeCounts() {
        for (int i = 0; i < 4; i++) {
            Permission permission = acquire();
            permission.success();
            permission.error(failure);
            permission.released();
        }

        assertThat(breaker.wouldPermit()).isTrue();
        fail(3);
        assertThat(breaker.wouldPermit()).isTrue(); // 3 of 7
        fail(1);
        assertThat(breaker.wouldPermit()).isFalse(); // 4 of 8
    }

    @Test
    void streamsBegunBeforeTheBreakAreNoProbes() {
        List<Permission> old = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            old.add(acquire());
        }
        fail(4);
        clock.advance(OVER);
        Permission probe = acquire();

        old.get(0).success();
        old.get(1).success();
        old.get(2).error(failure);
        old.get(3).released();
        old.get(4).released();
        assertThat(breaker.isBroken()).isTrue();

        acquire().success();
        assertThat(breaker.tryAcquire()).isNull(); // the released ones gave no probe back
        probe.success();
        assertThat(breaker.isBroken()).isFalse();
    }

    @Test
    void aForcedPermissionCountsOnlyAsARegularProbe() {
        fail(4);
        for (int i = 0; i < 5; i++) {
            breaker.acquireAnyway().success();
        }
        assertThat(breaker.isBroken()).isTrue();

        clock.advance(OVER);
        breaker.acquireAnyway().success();
        breaker.acquireAnyway().success();
        assertThat(breaker.isBroken()).isFalse();
    }

    @Test
    void theLengthOfARequestIsNoFault() {
        for (int i = 0; i < 20; i++) {
            Permission permission = acquire();
            clock.advance(Duration.ofMinutes(10));
            permission.success();
        }

        assertThat(breaker.wouldPermit()).isTrue();
    }

    @Test
    void aNewEndpointOfTheSameNameStartsHealthy() {
        fail(4);

        assertThat(breakers.create(Candidates.endpoint("a")).wouldPermit()).isTrue();
        assertThat(breakers.registry().getAllCircuitBreakers()).hasSize(1);
        breakers.remove("a");
        assertThat(breakers.registry().getAllCircuitBreakers()).isEmpty();
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> new BreakerSettings(10, 11, 0.5, Duration.ofSeconds(1), 1))
                .hasMessageStartingWith("minRequests: 11 (expected");
        assertThatThrownBy(() -> new BreakerSettings(10, 5, 0, Duration.ofSeconds(1), 1))
                .hasMessageStartingWith("failureShare: 0.0 (expected");
        assertThatThrownBy(() -> new BreakerSettings(10, 5, Double.NaN, Duration.ofSeconds(1), 1))
                .hasMessageStartingWith("failureShare: NaN (expected");
        assertThatThrownBy(() -> new BreakerSettings(10, 5, 0.5, Duration.ZERO, 1))
                .hasMessageStartingWith("openFor: PT0S (expected");
        assertThatThrownBy(() -> new BreakerSettings(10, 5, 0.5, Duration.ofSeconds(1), 0))
                .hasMessageStartingWith("probes: 0 (expected");
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            acquire().error(failure);
        }
    }

    private Permission acquire() {
        return Objects.requireNonNull(breaker.tryAcquire());
    }
}
