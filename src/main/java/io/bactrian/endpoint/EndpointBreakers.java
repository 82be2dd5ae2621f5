package io.bactrian.endpoint;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Clock;
import java.util.concurrent.TimeUnit;

/** The breakers of one pool's endpoints; each lives as long as its endpoint. Safe between threads. */
public final class EndpointBreakers {
    private final BreakerSettings settings;
    private final Clock clock;
    private final CircuitBreakerRegistry registry;

    /** @param clock decides when an open breaker's wait is over */
    public EndpointBreakers(BreakerSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.registry = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(settings.windowRequests())
                .minimumNumberOfCalls(settings.minRequests())
                .failureRateThreshold((float) (100 * settings.failureShare()))
                .waitDurationInOpenState(settings.openFor())
                .permittedNumberOfCallsInHalfOpenState(settings.probes())
                .automaticTransitionFromOpenToHalfOpenEnabled(false) // it would start a thread with a clock of its own
                .clock(clock)
                .currentTimestampFunction(Clock::millis, TimeUnit.MILLISECONDS)
                .build());
    }

    /** Returns the registry, for meters. */
    public CircuitBreakerRegistry registry() {
        return registry;
    }

    /** Returns a new, closed breaker for an endpoint that joins, in place of a namesake's. */
    public EndpointBreaker create(Endpoint endpoint) {
        registry.remove(endpoint.name());
        return new EndpointBreaker(registry.circuitBreaker(endpoint.name()), settings, clock);
    }

    /** Drops the breaker of an endpoint that has left. */
    public void remove(String endpointName) {
        registry.remove(endpointName);
    }
}
