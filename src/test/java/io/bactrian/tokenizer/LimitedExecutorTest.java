package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LimitedExecutorTest {
    @Test
    void takesNoMoreThreadsThanAreItsOwn() {
        Queue<Runnable> threads = new ArrayDeque<>();
        LimitedExecutor limited = new LimitedExecutor(threads::add, 2);
        List<Integer> done = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int number = i;
            limited.execute(() -> done.add(number));
        }

        assertThat(threads).hasSize(2);
        while (!threads.isEmpty()) {
            threads.remove().run();
            assertThat(threads).hasSizeLessThanOrEqualTo(2);
        }
        assertThat(done).containsExactly(0, 1, 2, 3, 4);
        limited.execute(() -> done.add(5));
        assertThat(threads).hasSize(1);
    }

    @Test
    void runsEveryTaskThoughSomeFail() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        LimitedExecutor limited = new LimitedExecutor(threads, 3);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1000);
        for (int i = 0; i < 1000; i++) {
            boolean fails = i % 7 == 0;
            limited.execute(() -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                running.decrementAndGet();
                done.countDown();
                if (fails) {
                    throw new IllegalStateException("as it should");
                }
            });
        }

        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(most.get()).isLessThanOrEqualTo(3);
        threads.shutdownNow();
    }
}
