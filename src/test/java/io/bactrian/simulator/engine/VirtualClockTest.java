package io.bactrian.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualClockTest {
    private final VirtualClock clock = new VirtualClock();
    private final List<String> order = new ArrayList<>();

    @Test
    void runsActionsInTheOrderOfTheirTimesAndOfTheirScheduling() {
        clock.schedule(20, () -> order.add("late"));
        clock.schedule(10, () -> {
            order.add("first");
            clock.schedule(0, () -> order.add("third"));
        });
        clock.schedule(10, () -> order.add("second"));

        clock.runUntilIdle();

        assertThat(order).containsExactly("first", "second", "third", "late");
        assertThat(clock.nanoTime()).isEqualTo(20);
    }

    @Test
    void runsOnlyWhatFallsDue() {
        clock.schedule(10, () -> order.add("due"));
        clock.schedule(11, () -> order.add("later"));

        clock.advance(Duration.ofNanos(10));

        assertThat(order).containsExactly("due");
        assertThat(clock.nanoTime()).isEqualTo(10);
    }
}
