package io.bactrian.relay;

import io.bactrian.api.TokenUsage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one answer between the model server's connection and the client's: what one has brought and the other has
 * not taken yet. Used on one event loop.
 *
 * <p>Above {@link #HIGH_WATER_BYTES} the model server is paused, under {@link #LOW_WATER_BYTES} it goes on, so that a
 * client that stops reading stops the generation and costs no memory.
 */
public final class ResponseFlow {
    static final int HIGH_WATER_BYTES = 64 * 1024;
    static final int LOW_WATER_BYTES = 16 * 1024;

    /** What is done with the bytes on their way. */
    interface Passage {
        /**
         * Takes {@code content} with its reference and passes on what may go.
         *
         * @return whether the content is acceptable
         */
        boolean take(ByteBuf content, ResponseFlow flow);

        /** Passes on the rest at a proper end. */
        void end(ResponseFlow flow);

        /** Drops what cannot go on; called last in any case. */
        void close();

        /** Tells whether what passes are events. */
        boolean isEventStream();

        /** Tells whether the answer's own mark of its end is still missing. */
        boolean needsEndMark();

        /** Returns the tokens the model server reported. */
        Optional<TokenUsage> reported();

        /** Returns the times between events; null if there were no two. */
        @Nullable
        TokenGaps gaps();

        /** Returns the tokens generated so far, as far as that can be told from what has passed. */
        int tokensSeen();
    }

    private final Passage passage;
    private final @Nullable ModelRenaming renaming;
    private final @Nullable AnswerName name;
    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>(4);
    private @Nullable UpstreamCall source;
    private int queuedBytes;
    private long bytes;
    private boolean paused;
    private boolean ended;
    private boolean discarded;

    ResponseFlow(Passage passage) {
        this(passage, null, null);
    }

    /**
     * @param renaming gives the client the model's name that it knows; null where it has named the model itself
     * @param name reads what the answer is called; null if nobody comes back to it
     */
    ResponseFlow(Passage passage, @Nullable ModelRenaming renaming, @Nullable AnswerName name) {
        this.passage = passage;
        this.renaming = renaming;
        this.name = name;
    }

    /** Tells whether another name of the model takes the place of the one in the answer, so that its length may change. */
    public boolean renamesModel() {
        return renaming != null;
    }

    /** Tells whether the answer is a stream of events. */
    public boolean isEventStream() {
        return passage.isEventStream();
    }

    /** Names the connection that is paused when the client is slow. */
    public void connect(UpstreamCall call) {
        source = call;
    }

    /**
     * Takes {@code content} with its reference.
     *
     * @return false if it breaks a limit, so that the answer must be cut
     */
    public boolean add(ByteBuf content) {
        if (discarded || ended) {
            content.release();
            return true;
        }
        if (name != null) {
            name.read(content);
        }
        boolean acceptable = passage.take(content, this);
        if (queuedBytes > HIGH_WATER_BYTES && !paused && source != null) {
            paused = true;
            source.pause();
        }
        return acceptable;
    }

    /** Tells whether the answer has a mark for its end, which has not come: its connection's closing is a cut then. */
    public boolean needsEndMark() {
        return passage.needsEndMark();
    }

    /** Ends the answer properly. */
    public void end() {
        if (!ended && !discarded) {
            passage.end(this);
            if (renaming != null) {
                renaming.end(this::give);
            }
            close();
        }
    }

    /** Ends the answer after a cut: an incomplete event is dropped and {@code lastWords} go instead. */
    public void cut(byte[] lastWords) {
        if (!ended && !discarded) {
            enqueue(Unpooled.wrappedBuffer(lastWords));
            close();
        }
    }

    /** The connection serves another request from here on, whose pauses are none of this answer's business. */
    private void close() {
        ended = true;
        source = null;
        passage.close();
    }

    /** Frees everything; nothing is taken or given any more. */
    public void discard() {
        discarded = true;
        source = null;
        passage.close();
        ByteBuf next;
        while ((next = queue.poll()) != null) {
            next.release();
        }
        queuedBytes = 0;
    }

    /** Returns the next bytes for the client, with their reference, or null if there are none now. */
    public @Nullable ByteBuf poll() {
        ByteBuf next = queue.poll();
        if (next == null) {
            return null;
        }
        queuedBytes -= next.readableBytes();
        if (paused && queuedBytes < LOW_WATER_BYTES && source != null) {
            paused = false;
            source.resume();
        }
        return next;
    }

    /** Returns all bytes of an answer that has ended and waits here in one piece, with their reference, else null. */
    public @Nullable ByteBuf takeWhole() {
        if (!ended || discarded || queue.size() > 1) {
            return null;
        }
        ByteBuf whole = poll();
        return whole == null ? Unpooled.EMPTY_BUFFER : whole;
    }

    /** Tells whether there are bytes for the client. */
    public boolean hasBytes() {
        return !queue.isEmpty();
    }

    /** Tells whether the client has been given all there will be. */
    public boolean isDrained() {
        return (ended && queue.isEmpty()) || discarded;
    }

    /** Tells whether all of the answer has come. */
    public boolean hasEnded() {
        return ended;
    }

    /** Tells whether the answer was given up. */
    public boolean isDiscarded() {
        return discarded;
    }

    /** Returns the tokens of the answer: as reported, else as counted on the way. */
    public TokenUsage usage(int estimatedPromptTokens) {
        return passage.reported().orElseGet(() -> TokenUsage.estimate(estimatedPromptTokens, passage.tokensSeen()));
    }

    /** Returns the tokens that have come so far, as far as that can be told from the events. */
    public int tokensSeen() {
        return passage.tokensSeen();
    }

    /** Returns what the model server calls the answer, as soon as that is known; else the empty string. */
    public String name() {
        return name == null ? "" : name.name();
    }

    /** Returns the times between the events of the answer; null if there were no two. */
    public @Nullable TokenGaps gaps() {
        return passage.gaps();
    }

    /** Returns the bytes passed on to the client, or waiting to be. */
    public long bytes() {
        return bytes;
    }

    void enqueue(ByteBuf piece) {
        if (renaming == null) {
            give(piece);
        } else {
            renaming.pass(piece, this::give);
        }
    }

    private void give(ByteBuf piece) {
        queuedBytes += piece.readableBytes();
        bytes += piece.readableBytes();
        queue.add(piece);
    }
}
