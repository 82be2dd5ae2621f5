package io.bactrian.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoopWatchdogTest {
    private final EventLoopGroup loops = EventLoops.create(2, "watched");
    private final Logger logger = (Logger) LoggerFactory.getLogger(LoopWatchdog.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(log);
        loops.shutdownGracefully();
    }

    @Test
    void namesTheStepThatHoldsALoop() {
        CountDownLatch release = new CountDownLatch(1);
        try (LoopWatchdog watchdog = new LoopWatchdog(loops, Duration.ofMillis(50))) {
            loops.next().execute(() -> new BlockingStep().process(release));

            await().atMost(Duration.ofSeconds(10)).until(() -> !messages().isEmpty());
        } finally {
            release.countDown();
        }

        assertThat(messages()).first().asString().contains("BlockingStep.process(");
    }

    @Test
    void namesTheTopFrameWhenAllOfItIsMachinery() {
        StackTraceElement[] stack = {
            new StackTraceElement("java.lang.Object", "wait", null, -2),
            new StackTraceElement("io.netty.channel.nio.NioEventLoop", "run", null, 1)
        };

        assertThat(LoopWatchdog.culprit(stack)).startsWith("java.lang.Object.wait");
    }

    private List<String> messages() {
        return List.copyOf(log.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private static final class BlockingStep {
        void process(CountDownLatch release) {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
