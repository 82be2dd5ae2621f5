package io.bactrian.telemetry;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;

/**
 * Where the lines of {@link AccessLog} go: to standard output or a file, and not to the router's own log. A thread of its own writes
 * them, so that a slow disk holds no event loop; what it cannot keep up with is lost.
 */
public final class AccessLogOutput implements AutoCloseable {
    /** Half a second of lines at 20,000 requests a second. */
    private static final int QUEUED_LINES = 10_000;

    private final Logger logger;
    private final AsyncAppender queue = new AsyncAppender();

    private AccessLogOutput(LoggerContext context, OutputStreamAppender<ILoggingEvent> output) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%msg%n");
        encoder.start();
        output.setContext(context);
        output.setEncoder(encoder);
        output.setName("access");
        output.start();
        if (!output.isStarted()) {
            throw new IllegalArgumentException("the file cannot be written to");
        }
        queue.setContext(context);
        queue.setName("access-queue");
        queue.setQueueSize(QUEUED_LINES);
        queue.setDiscardingThreshold(0); // none is worth more than another
        queue.setNeverBlock(true);
        queue.addAppender(output);
        queue.start();
        logger = context.getLogger(AccessLog.LOGGER);
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(queue);
    }

    /**
     * Begins to write lines to {@code file}, or to standard output if that is empty. Throws IllegalArgumentException if the file
     * cannot be written to.
     */
    public static AccessLogOutput open(LoggerContext context, String file) {
        if (file.isEmpty()) {
            return new AccessLogOutput(context, new ConsoleAppender<>());
        }
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setFile(file);
        return new AccessLogOutput(context, appender);
    }

    /** Writes what is queued, and ends. */
    @Override
    public void close() {
        logger.detachAppender(queue);
        queue.stop();
    }
}
