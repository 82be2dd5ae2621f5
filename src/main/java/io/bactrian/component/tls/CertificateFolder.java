package io.bactrian.component.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder with {@code tls.crt} and {@code tls.key}, read again when they have changed. What cannot be used changes nothing; it is
 * complained of, once, when it is seen twice: while one file is replaced and the other is not, they do not fit.
 */
final class CertificateFolder {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateFolder.class);

    /** Two small files are soon read, and who replaces a certificate wants it shown. */
    private static final int CHECK_SECONDS = 1;

    private static final int MAX_BYTES = 1 << 20;

    private final Path folder;
    private final Consumer<Identity> shown;
    private volatile ServerTls.ReloadObserver observer = taken -> {};
    private Pems last;
    private String suspected = "";
    private String refused = "";

    /** What the two files say; PEM is text. */
    private record Pems(String certificates, String key) {
        Identity identity() {
            return Identity.read(certificates, key);
        }
    }

    /**
     * Reads {@code folder} for the first time.
     *
     * @param shown takes what is to be shown from then on
     * @throws IllegalArgumentException if it cannot be used, saying why
     */
    CertificateFolder(Path folder, Consumer<Identity> shown) {
        this.folder = folder;
        this.shown = shown;
        this.last = pems();
        shown.accept(last.identity());
    }

    private Pems pems() {
        return new Pems(text("tls.crt"), text("tls.key"));
    }

    private String text(String name) {
        Path file = folder.resolve(name);
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new IllegalArgumentException(name + ": " + size + " bytes (expected: at most " + MAX_BYTES + ")");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalArgumentException(name + ": " + e + " (expected: a readable file)", e);
        }
    }

    void setObserver(ServerTls.ReloadObserver told) {
        observer = told;
    }

    /** Begins to look for changes. */
    ScheduledFuture<?> watch(ScheduledExecutorService timer) {
        return timer.scheduleWithFixedDelay(this::check, CHECK_SECONDS, CHECK_SECONDS, TimeUnit.SECONDS);
    }

    /** Looks for a change. */
    synchronized void check() {
        try {
            Pems now = pems();
            if (!now.equals(last)) {
                shown.accept(now.identity());
                last = now;
                LOG.info("the certificate of {} has changed and is shown", folder);
                observer.reloaded(true);
            }
            suspected = "";
            refused = "";
        } catch (IllegalArgumentException e) {
            suspect(String.valueOf(e.getMessage()));
        }
    }

    private void suspect(String problem) {
        if (!problem.equals(suspected)) {
            suspected = problem;
        } else if (!problem.equals(refused)) {
            refused = problem;
            LOG.warn("the certificate of {} is not taken, the one before is shown still: {}", folder, problem);
            observer.reloaded(false);
        }
    }
}
