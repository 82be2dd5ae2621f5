package io.bactrian.relay;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.DecodeAnswer;
import io.bactrian.api.TokenUsage;
import io.bactrian.api.UsageReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Holds a JSON body to its end and corrects it, as {@link DecodeAnswer} does; one that is too long goes on as it comes. */
final class CorrectedBodyPassage implements ResponseFlow.Passage {
    private final AnswerCorrection correction;
    private final int maxBytes;
    private final BodyPassage inner;
    private final CompositeByteBuf held = Unpooled.compositeBuffer(1024);
    private boolean passesOn;

    CorrectedBodyPassage(UsageReader usageReader, AnswerCorrection correction, int maxBytes) {
        this.inner = new BodyPassage(usageReader);
        this.correction = correction;
        this.maxBytes = maxBytes;
    }

    @Override
    public boolean take(ByteBuf content, ResponseFlow flow) {
        if (passesOn) {
            return inner.take(content, flow);
        }
        held.addComponent(true, content);
        if (held.readableBytes() > maxBytes) {
            passesOn = true;
            return inner.take(held.retainedSlice(), flow);
        }
        return true;
    }

    @Override
    public void end(ResponseFlow flow) {
        if (!passesOn) {
            byte[] body = new byte[held.readableBytes()];
            held.readBytes(body);
            inner.take(Unpooled.wrappedBuffer(DecodeAnswer.correct(body, correction)), flow);
        }
        inner.end(flow);
    }

    @Override
    public void close() {
        inner.close();
        if (held.refCnt() > 0) {
            held.release();
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
        return inner.reported();
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
