package io.bactrian.relay;

import io.bactrian.api.BodyUsage;
import io.bactrian.api.TokenUsage;
import io.bactrian.api.UsageReader;
import io.netty.buffer.ByteBuf;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Passes a body on as it comes and reads its usage while it passes, if it is JSON.
 *
 * <p>Most bodies come in one piece. Reading that at its end takes a quarter of the time that a reader takes which must be
 * ready for more, so such a reader is only made when there is more.
 */
final class BodyPassage implements ResponseFlow.Passage {
    private final @Nullable UsageReader usageReader;
    private @Nullable ByteBuf only; // the first piece, while there is no second
    private @Nullable BodyUsage reading;
    private Optional<TokenUsage> usage = Optional.empty();

    /** @param usageReader reads the usage; null for a body that has none */
    BodyPassage(@Nullable UsageReader usageReader) {
        this.usageReader = usageReader;
    }

    @Override
    public boolean take(ByteBuf content, ResponseFlow flow) {
        if (usageReader != null) {
            read(content, usageReader);
        }
        flow.enqueue(content);
        return true;
    }

    private void read(ByteBuf content, UsageReader reader) {
        if (only == null && reading == null) {
            only = content.retainedDuplicate();
            return;
        }
        if (only != null) {
            reading = reader.readBody();
            feed(reading, only);
            releaseOnly();
        }
        if (reading != null) {
            feed(reading, content);
        }
    }

    private static void feed(BodyUsage reading, ByteBuf piece) {
        reading.feed(piece.nioBuffer(piece.readerIndex(), piece.readableBytes()));
    }

    @Override
    public void end(ResponseFlow flow) {
        if (only != null && usageReader != null) {
            usage = usageReader.readWhole(only.nioBuffer(only.readerIndex(), only.readableBytes()));
        }
    }

    @Override
    public void close() {
        releaseOnly();
        if (reading != null) {
            usage = reading.end();
            reading = null;
        }
    }

    private void releaseOnly() {
        if (only != null) {
            only.release();
            only = null;
        }
    }

    @Override
    public boolean isEventStream() {
        return false;
    }

    @Override
    public boolean needsEndMark() {
        return false;
    }

    @Override
    public Optional<TokenUsage> reported() {
        return usage;
    }

    @Override
    public @Nullable TokenGaps gaps() {
        return null;
    }

    @Override
    public int tokensSeen() {
        return 0;
    }
}
