package io.bactrian.component.modelserver;

import io.bactrian.api.FirstToken;
import io.bactrian.api.SseEvents;
import io.bactrian.api.TokenInFront;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Stands between a decode endpoint and whoever waits for its answer, and puts the first token before it, which another endpoint has
 * generated. A good answer that the token cannot be put into is a failure: without it the client would read a wrong one. What is no good
 * answer passes as it is. Used on one event loop.
 *
 * <p>JSON is held to its end, a stream event by event.
 */
final class CompletedAnswer implements UpstreamListener {
    private static final int MAX_HELD_BYTES = 16 * 1024 * 1024;

    /** What the answer is. */
    private enum Form {
        JSON,
        EVENTS,
        /** To pass as it comes. */
        OTHER
    }

    private final UpstreamListener behind;
    private final Runnable abort;
    private final TokenInFront token;
    private final int maxEventBytes;
    private final SseEvents events = new SseEvents();
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private Form form = Form.OTHER;
    private boolean waits = true; // for an event that the token can be put before
    private boolean over;

    /**
     * @param behind hears the answer, complete
     * @param abort ends the call when that cannot be
     */
    CompletedAnswer(UpstreamListener behind, Runnable abort, FirstToken first, int maxEventBytes) {
        this.behind = behind;
        this.abort = abort;
        this.maxEventBytes = maxEventBytes;
        this.token = new TokenInFront(first.text());
    }

    @Override
    public void onHead(HttpResponse head) {
        if (head.status().code() / 100 == 2) {
            boolean isPlain = head.headers()
                    .get(HttpHeaderNames.CONTENT_ENCODING, "identity")
                    .equalsIgnoreCase("identity");
            if (isPlain && hasType(head, "text/event-stream")) {
                form = Form.EVENTS;
            } else if (isPlain && hasType(head, "application/json")) {
                form = Form.JSON;
            } else {
                fail("its answer is neither JSON nor a stream of events");
                return;
            }
            head.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
        }
        behind.onHead(head);
    }

    private static boolean hasType(HttpResponse head, String type) {
        return head.headers().get(HttpHeaderNames.CONTENT_TYPE, "").regionMatches(true, 0, type, 0, type.length());
    }

    @Override
    public void onContent(ByteBuf content) {
        if (over) {
            content.release();
        } else if (form == Form.OTHER) {
            behind.onContent(content);
        } else {
            byte[] piece = new byte[content.readableBytes()];
            content.readBytes(piece).release();
            take(piece);
        }
    }

    private void take(byte[] piece) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int start = 0;
        if (form == Form.EVENTS) {
            ByteBuffer bytes = ByteBuffer.wrap(piece);
            for (int end = events.next(bytes, 0); end >= 0; end = events.next(bytes, end)) {
                held.write(piece, start, end - start);
                start = end;
                if (!completeEvent(out)) {
                    return;
                }
            }
        }
        held.write(piece, start, piece.length - start);
        int most = form == Form.EVENTS ? maxEventBytes : MAX_HELD_BYTES;
        if (held.size() > most) {
            fail("it answered, or sent an event, of more than " + most + " bytes");
        } else if (out.size() > 0) {
            behind.onContent(Unpooled.wrappedBuffer(out.toByteArray()));
        }
    }

    /** Adds the event that is held to {@code out}, behind the token if that has been waiting for it; false after a failure. */
    private boolean completeEvent(ByteArrayOutputStream out) {
        byte[] event = held.toByteArray();
        held.reset();
        if (waits && events.kind() == SseEvents.Kind.DONE) {
            fail("its answer ends without a text");
            return false;
        }
        if (waits) {
            byte[] first = token.before(event);
            out.writeBytes(first);
            waits = first.length == 0;
        }
        out.writeBytes(token.counted(event));
        return true;
    }

    @Override
    public void onReadComplete() {
        if (!over) {
            behind.onReadComplete();
        }
    }

    @Override
    public void onEnd(boolean delimited) {
        if (over) {
            return;
        }
        try {
            byte[] rest = form == Form.JSON ? token.complete(held.toByteArray()) : rest();
            if (over) {
                return;
            }
            if (rest.length > 0) {
                behind.onContent(Unpooled.wrappedBuffer(rest));
            }
            behind.onEnd(delimited);
        } catch (IOException e) {
            fail("its answer makes no sense: " + e.getMessage());
        }
    }

    private byte[] rest() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean isWhole = form == Form.EVENTS && events.finish();
        if (isWhole && !completeEvent(out)) {
            return new byte[0];
        }
        if (form == Form.EVENTS && waits) {
            fail("its answer ends without a text");
        }
        out.writeBytes(token.counted(held.toByteArray()));
        return out.toByteArray();
    }

    private void fail(String why) {
        over = true;
        abort.run();
        behind.onFailure(UpstreamFailure.PROTOCOL, why);
    }

    @Override
    public void onFailure(UpstreamFailure failure, String message) {
        if (!over) {
            over = true;
            behind.onFailure(failure, message);
        }
    }
}
