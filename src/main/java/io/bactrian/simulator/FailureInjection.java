package io.bactrian.simulator;

import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How often requests fail at random, and how.
 *
 * @param percent requests that fail out of a hundred, as the option {@code failure-injection-rate} counts them
 * @param types the failures to choose from; all of them if empty
 */
public record FailureInjection(int percent, List<FailureType> types) {

    /** No request fails. */
    public static final FailureInjection NONE = new FailureInjection(0, List.of());

    public FailureInjection {
        if (percent < 0 || percent > 100) {
            throw new IllegalArgumentException("failure-injection-rate: " + percent + " (expected: 0 to 100)");
        }
        types = List.copyOf(types);
    }

    /** Decides whether a request fails. */
    Optional<FailureType> draw(RandomGenerator random) {
        if (percent < 1 || random.nextInt(100) >= percent) {
            return Optional.empty();
        }
        List<FailureType> choices = types.isEmpty() ? List.of(FailureType.values()) : types;
        return Optional.of(choices.get(random.nextInt(choices.size())));
    }
}
