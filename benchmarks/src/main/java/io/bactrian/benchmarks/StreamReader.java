package io.bactrian.benchmarks;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads one stream wherever it is cut into pieces, and tells the results what it saw. */
final class StreamReader {
    private static final byte[] TIME_MARK = FixedAnswers.TIME_MARK.getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);
    private static final int OK = 200;

    private final StreamResults results;
    private final int tokens;
    private final long beganNanos = System.nanoTime();
    private int status;
    private int events;
    private int timeMarkSeen; // bytes of TIME_MARK just read
    private int doneSeen; // bytes of DONE just read
    private int digits; // of the time under way
    private long time;
    private boolean done;
    private boolean ended;

    StreamReader(StreamResults results, int tokens) {
        this.results = results;
        this.tokens = tokens;
    }

    void head(int code) {
        status = code;
    }

    void content(ByteBuf bytes) {
        long now = System.nanoTime();
        for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
            byte next = bytes.getByte(i);
            if (digits > 0) {
                time = time * 10 + (next - '0');
                if (--digits == 0) {
                    event(now);
                }
                continue;
            }
            timeMarkSeen = next == TIME_MARK[timeMarkSeen] ? timeMarkSeen + 1 : next == TIME_MARK[0] ? 1 : 0;
            if (timeMarkSeen == TIME_MARK.length) {
                timeMarkSeen = 0;
                digits = FixedAnswers.TIME_DIGITS;
                time = 0;
            }
            doneSeen = next == DONE[doneSeen] ? doneSeen + 1 : next == DONE[0] ? 1 : 0;
            if (doneSeen == DONE.length) {
                doneSeen = 0;
                done = true;
            }
        }
    }

    private void event(long now) {
        events++;
        if (events == 1) {
            results.firstEvent(now - beganNanos);
        }
        results.event(now - time);
    }

    /** The stream ended, properly or because of {@code problem}. */
    void end(@Nullable String problem) {
        if (ended) {
            return;
        }
        ended = true;
        if (problem != null) {
            results.failed(problem);
        } else if (status != OK) {
            results.failed("status " + status);
        } else if (!done || events != tokens) {
            results.failed(done ? "events are missing" : "no [DONE]");
        } else {
            results.completed();
        }
    }
}
