package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static final int THREADS = 4;
    private static final int PIECES = 20_000;

    @Test
    void runsWhatIsBroughtMeanwhileAfterwardsAndInOrder() {
        Lane lane = new Lane();
        List<Integer> ran = new ArrayList<>();
        assertThat(lane.tryEnter()).isTrue();
        lane.execute(() -> ran.add(1));
        lane.execute(() -> lane.execute(() -> ran.add(3)));
        lane.execute(() -> ran.add(2));
        assertThat(lane.tryEnter()).isFalse();
        assertThat(ran).isEmpty();
        lane.leave();
        assertThat(ran).containsExactly(1, 2, 3);
        assertThat(lane.tryEnter()).isTrue();
    }

    @Test
    void goesOnAfterWorkThatFails() {
        Lane lane = new Lane();
        List<Integer> ran = new ArrayList<>();
        lane.execute(() -> {
            throw new IllegalStateException("as planned");
        });
        lane.execute(() -> ran.add(1));
        assertThat(ran).containsExactly(1);
    }

    @Test
    void neverRunsTwoPiecesAtOnceNorLosesOne() throws InterruptedException {
        Lane lane = new Lane();
        int[] counted = new int[1]; // not atomic: the lane is what keeps the threads apart
        CountDownLatch ready = new CountDownLatch(THREADS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                ready.countDown();
                for (int piece = 0; piece < PIECES; piece++) {
                    if (piece % 2 == 0 && lane.tryEnter()) {
                        counted[0]++;
                        lane.leave();
                    } else {
                        lane.execute(() -> counted[0]++);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        lane.execute(() -> {}); // what the last thread saw is seen here
        assertThat(counted[0]).isEqualTo(THREADS * PIECES);
    }
}
