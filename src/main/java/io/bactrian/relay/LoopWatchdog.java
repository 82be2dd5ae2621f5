package io.bactrian.relay;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names what holds an event loop: a step that blocks there stops every stream of the loop.
 *
 * <p>A thread of its own asks each loop to run an empty task and looks, if that takes too long, where the loop's thread
 * is. Costs one task a loop and interval.
 */
public final class LoopWatchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoopWatchdog.class);

    /** Frames of these say how a step was called, not which it is. */
    private static final List<String> MACHINERY = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "io.netty.",
            "org.apache.camel.impl.",
            "org.apache.camel.processor.",
            "org.apache.camel.support.",
            "org.apache.camel.component.netty");

    private final List<Watch> watches = new ArrayList<>();
    private final long limitNanos;
    private final Thread thread;
    private volatile boolean closed;

    /** Begins to watch; a loop held for longer than {@code limit} is logged, once each time. */
    public LoopWatchdog(EventLoopGroup loops, Duration limit) {
        this.limitNanos = limit.toNanos();
        for (EventExecutor loop : loops) {
            watches.add(new Watch((EventLoop) loop));
        }
        this.thread = new Thread(this::watch, "bactrian-watchdog");
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        while (!closed) {
            watches.forEach(Watch::check);
            LockSupport.parkNanos(limitNanos / 2);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private final class Watch {
        private final EventLoop loop;
        private final Thread loopThread;
        private volatile boolean answered = true;
        private long askedNanos;
        private boolean told;

        Watch(EventLoop loop) {
            this.loop = loop;
            this.loopThread =
                    loop.submit(Thread::currentThread).syncUninterruptibly().getNow();
        }

        void check() {
            if (answered) {
                answered = false;
                told = false;
                askedNanos = System.nanoTime();
                if (!loop.isShuttingDown()) {
                    loop.execute(this::answer);
                }
            } else if (!told && System.nanoTime() - askedNanos > limitNanos) {
                told = true;
                tell(loopThread);
            }
        }

        private void answer() {
            answered = true;
        }

        private void tell(Thread held) {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedNanos);
            LOG.warn(
                    "event loop {} has been held for {} ms by {}; put what blocks behind threads:"
                            + " {executorService: \"#workers\"}",
                    held.getName(),
                    millis,
                    culprit(held.getStackTrace()));
        }
    }

    /** Returns the innermost frame that is not machinery. */
    static String culprit(StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            if (MACHINERY.stream().noneMatch(frame.getClassName()::startsWith)) {
                return frame.toString();
            }
        }
        return stack.length == 0 ? "nothing that can be seen" : stack[0].toString();
    }
}
