package io.bactrian.relay;

import io.bactrian.api.BodyUsage;
import io.bactrian.api.TokenUsage;
import io.netty.buffer.ByteBuf;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Passes a body on as it comes and reads its usage while it passes, if it is JSON. */
final class BodyPassage implements ResponseFlow.Passage {
    private @Nullable BodyUsage reading;
    private Optional<TokenUsage> usage = Optional.empty();

    /** @param reading reads the usage; null for a body that has none */
    BodyPassage(@Nullable BodyUsage reading) {
        this.reading = reading;
    }

    @Override
    public boolean take(ByteBuf content, ResponseFlow flow) {
        if (reading != null) {
            reading.feed(content.nioBuffer(content.readerIndex(), content.readableBytes()));
        }
        flow.enqueue(content);
        return true;
    }

    @Override
    public void end(ResponseFlow flow) {
        finishReading();
    }

    @Override
    public void close() {
        finishReading();
    }

    private void finishReading() {
        if (reading != null) {
            usage = reading.end();
            reading = null;
        }
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
    public int tokensSeen() {
        return 0;
    }
}
