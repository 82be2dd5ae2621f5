package io.bactrian.discovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is read again when its bytes have changed. Contents are compared, not times: a ConfigMap changes by a link that
 * comes to point elsewhere. A new content is taken when it is seen twice: the first time, it may be half written.
 */
public final class WatchedFile {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);

    /** Takes the file's bytes. */
    @FunctionalInterface
    public interface Reader {
        /** Takes {@code content}; throws {@link IllegalArgumentException}, saying why, if it cannot be used. */
        void read(byte[] content);
    }

    private final Path path;
    private final int maxBytes;
    private final Reader reader;
    private byte[] last; // what was taken, or refused
    private byte[] seen; // at the check before
    private String problem = "";

    private WatchedFile(Path path, int maxBytes, Reader reader, byte[] first) {
        this.path = path;
        this.maxBytes = maxBytes;
        this.reader = reader;
        this.last = first;
        this.seen = first;
    }

    /**
     * Reads {@code path} for the first time.
     *
     * @param maxBytes longest file that is read
     * @param reader takes the content, and each later one
     * @throws IllegalArgumentException if the file cannot be used, saying why
     */
    public static WatchedFile open(Path path, int maxBytes, Reader reader) {
        byte[] content = contentOf(path, maxBytes);
        reader.read(content);
        return new WatchedFile(path, maxBytes, reader, content);
    }

    /** Begins to look for changes; a content that cannot be used changes nothing, and the log says why, once. */
    public ScheduledFuture<?> watch(ScheduledExecutorService executor, Duration interval) {
        return executor.scheduleWithFixedDelay(
                this::check, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Looks for a change. */
    synchronized void check() {
        try {
            byte[] content = contentOf(path, maxBytes);
            boolean settled = Arrays.equals(content, seen);
            seen = content;
            if (settled && !Arrays.equals(content, last)) {
                last = content;
                reader.read(content);
                LOG.info("{} has changed and is in force", path);
            }
            problem = "";
        } catch (IllegalArgumentException e) {
            if (!problem.equals(e.getMessage())) {
                LOG.warn("{} is not taken, what was read before stays in force: {}", path, e.getMessage());
            }
            problem = String.valueOf(e.getMessage());
        }
    }

    private static byte[] contentOf(Path path, int maxBytes) {
        try {
            long size = Files.size(path);
            if (size > maxBytes) {
                throw new IllegalArgumentException(path + ": " + size + " bytes (expected: at most " + maxBytes + ")");
            }
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new IllegalArgumentException(path + ": " + e + " (expected: a readable file)", e);
        }
    }
}
