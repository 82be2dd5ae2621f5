package io.bactrian.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.request.Finish.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FinishTest {
    private final Finish finish = new Finish();
    private final List<String> released = new ArrayList<>();

    @Test
    void givesBackWhatWasTakenLastFirst() {
        finish.onEnd(outcome -> released.add("bytes"));
        finish.onEnd(outcome -> released.add("reservation"));

        finish.end(Outcome.COMPLETED);

        assertThat(released).containsExactly("reservation", "bytes");
    }

    @Test
    void endsOnlyOnce() {
        finish.onEnd(outcome -> released.add(outcome.name()));

        assertThat(finish.end(Outcome.CLIENT_LEFT)).isTrue();
        assertThat(finish.end(Outcome.COMPLETED)).isFalse();

        assertThat(released).containsExactly("CLIENT_LEFT");
    }

    @Test
    void runsWhatComesTooLateAtOnceWithTheOutcome() {
        finish.end(Outcome.UPSTREAM_CUT);

        finish.onEnd(outcome -> released.add(outcome.name()));

        assertThat(released).containsExactly("UPSTREAM_CUT");
    }

    @Test
    void endsAsItWasToldItWould() {
        finish.onEnd(outcome -> released.add(outcome.name()));
        finish.willEndAs(Outcome.REFUSED);

        finish.end();

        assertThat(released).containsExactly("REFUSED");
    }

    @Test
    void releasesTheRestWhenOneReleaseFails() {
        finish.onEnd(outcome -> released.add("bytes"));
        finish.onEnd(outcome -> {
            throw new IllegalStateException("broken");
        });

        finish.end(Outcome.COMPLETED);

        assertThat(released).containsExactly("bytes");
    }

    @Test
    void releasesEverythingExactlyOnceWhenEndsAndRegistrationsRace() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 2000; round++) {
                Finish racing = new Finish();
                AtomicInteger releases = new AtomicInteger();
                CountDownLatch done = new CountDownLatch(4);
                for (int i = 0; i < 2; i++) {
                    threads.execute(() -> {
                        racing.onEnd(outcome -> releases.incrementAndGet());
                        done.countDown();
                    });
                    threads.execute(() -> {
                        racing.end(Outcome.COMPLETED);
                        done.countDown();
                    });
                }
                assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
                assertThat(releases).hasValue(2);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
