package io.bactrian.exchange;

import io.bactrian.request.RequestBytes;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Reads what takes time in proportion to a body. */
public final class LongBody {
    private static final int MAX_BYTES_ON_EVENT_LOOP = 256 * 1024;

    private LongBody() {}

    /** Runs {@code reading}: at once if {@code body} is short, else on a worker, which holds the body meanwhile. */
    public static void read(RequestBytes body, Executor workers, Runnable reading) {
        if (body.length() <= MAX_BYTES_ON_EVENT_LOOP) {
            reading.run();
            return;
        }
        body.retain();
        try {
            workers.execute(() -> {
                try {
                    reading.run();
                } finally {
                    body.release();
                }
            });
        } catch (RejectedExecutionException e) {
            body.release();
            throw e;
        }
    }
}
