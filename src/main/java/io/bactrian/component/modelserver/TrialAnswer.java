package io.bactrian.component.modelserver;

import io.bactrian.api.SseEvents;
import io.bactrian.engine.connector.TrialVerdict;
import io.bactrian.relay.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The answer of a decode endpoint that was asked before the prompt is computed: let through, unless it says that too little of the prompt
 * is cached. A stream says so in its first or second event, or never.
 */
final class TrialAnswer extends HeldAnswer {
    /** What is longer is an answer: one that gives up says nothing else. */
    private static final int MAX_BYTES = 64 * 1024;

    private static final int EVENTS_LOOKED_AT = 2;

    private final Runnable belowThreshold;
    private final SseEvents events = new SseEvents();
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    private int eventsSeen;
    private int eventStart;
    private int scanned;

    /** @param belowThreshold is run if the prompt has to be computed; {@code behind} hears nothing then */
    TrialAnswer(UpstreamListener behind, Runnable belowThreshold) {
        super(behind);
        this.belowThreshold = belowThreshold;
    }

    @Override
    void kept(ByteBuf content) {
        byte[] piece = new byte[content.readableBytes()];
        content.getBytes(content.readerIndex(), piece);
        seen.writeBytes(piece);
        if (isEventStream()) {
            look(seen.toByteArray());
        }
        if (seen.size() > MAX_BYTES) {
            release();
        }
    }

    private void look(byte[] bytes) {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        while (!isReleased()) {
            int end = events.next(all, scanned);
            if (end < 0) {
                scanned = bytes.length;
                return;
            }
            boolean isBelow = TrialVerdict.isBelowThreshold(Arrays.copyOfRange(bytes, eventStart, end));
            scanned = end;
            eventStart = end;
            eventsSeen++;
            if (isBelow) {
                belowThreshold.run();
                return;
            }
            if (eventsSeen == EVENTS_LOOKED_AT) {
                release();
            }
        }
    }

    @Override
    void keptWhole() {
        if (!isEventStream() && TrialVerdict.isBelowThreshold(seen.toByteArray())) {
            belowThreshold.run();
        } else {
            release();
        }
    }

    private boolean isEventStream() {
        HttpResponse head = head();
        return head != null
                && head.headers()
                        .get(HttpHeaderNames.CONTENT_TYPE, "")
                        .regionMatches(true, 0, "text/event-stream", 0, "text/event-stream".length());
    }
}
