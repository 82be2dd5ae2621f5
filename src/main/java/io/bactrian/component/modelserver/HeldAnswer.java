package io.bactrian.component.modelserver;

import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a model server and whoever waits for its answer, and keeps a good answer back until it is released. What is no good
 * answer, and failures, pass at once. Used on one event loop.
 *
 * <p>A long answer pauses the model server: no more is kept than what has been read by then.
 */
class HeldAnswer implements UpstreamListener {
    private static final int PAUSED_ABOVE_BYTES = 64 * 1024;

    private final UpstreamListener behind;
    private final ArrayDeque<ByteBuf> contents = new ArrayDeque<>();
    private @Nullable HttpResponse head;
    private @Nullable UpstreamCall call;
    private int bytes;
    private boolean released;
    private boolean discarded;
    private boolean paused;
    private boolean ended;
    private boolean delimited;

    /** @param behind hears of everything in the end */
    HeldAnswer(UpstreamListener behind) {
        this.behind = behind;
    }

    /** Names the call that is paused when there is too much to keep. */
    final void connect(UpstreamCall upstream) {
        call = upstream;
    }

    /** Lets what was kept go on, and all that follows. */
    final void release() {
        if (released) {
            return;
        }
        released = true;
        HttpResponse kept = head;
        if (kept == null) {
            return; // nothing has come
        }
        behind.onHead(kept);
        for (ByteBuf next = contents.poll(); next != null; next = contents.poll()) {
            behind.onContent(next); // which may give the answer up, and discard the rest
        }
        if (discarded) {
            return;
        }
        behind.onReadComplete();
        if (ended) {
            behind.onEnd(delimited);
        } else if (paused && call != null) {
            call.resume();
        }
    }

    /** Frees what was kept; nothing more is let through of it. */
    final void discard() {
        discarded = true;
        contents.forEach(ByteBuf::release);
        contents.clear();
    }

    /** Is told of each piece that is kept, which it must not change; before the first, {@link #head} is there. */
    void kept(ByteBuf content) {}

    /** Is told that all of the answer is kept. */
    void keptWhole() {}

    /** Returns the head of the answer that is kept. */
    final @Nullable HttpResponse head() {
        return head;
    }

    final boolean isReleased() {
        return released;
    }

    @Override
    public final void onHead(HttpResponse answerHead) {
        head = answerHead;
        if (released || answerHead.status().code() / 100 != 2) {
            released = true;
            behind.onHead(answerHead);
        }
    }

    @Override
    public final void onContent(ByteBuf content) {
        if (released) {
            behind.onContent(content);
            return;
        }
        contents.add(content);
        bytes += content.readableBytes();
        kept(content);
        if (!released && !paused && bytes > PAUSED_ABOVE_BYTES && call != null) {
            paused = true;
            call.pause();
        }
    }

    @Override
    public final void onReadComplete() {
        if (released) {
            behind.onReadComplete();
        }
    }

    @Override
    public final void onEnd(boolean isDelimited) {
        if (released) {
            behind.onEnd(isDelimited);
            return;
        }
        ended = true;
        delimited = isDelimited;
        keptWhole();
    }

    @Override
    public final void onFailure(UpstreamFailure failure, String message) {
        discard();
        behind.onFailure(failure, message);
    }
}
