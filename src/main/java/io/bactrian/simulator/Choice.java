package io.bactrian.simulator;

import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.Sequence;
import io.bactrian.simulator.engine.SequenceListener;
import io.bactrian.simulator.engine.SequenceRequest;
import io.bactrian.simulator.engine.Submission;
import io.bactrian.simulator.text.PlannedAnswer;
import org.jspecify.annotations.Nullable;

/** One of the answers wanted for a request: what it will say, and the sequence that is saying it. */
final class Choice {
    final int index;
    final PlannedAnswer plan;
    private final SequenceRequest request;
    private @Nullable Sequence sequence;
    private @Nullable FinishReason endedWithout;
    private int tokensWritten;
    private int bytesWritten;
    private boolean isOpened;
    private boolean isClosed;

    Choice(int index, PlannedAnswer plan, SequenceRequest request) {
        this.index = index;
        this.plan = plan;
        this.request = request;
    }

    Submission submit(InferenceEngine engine, SequenceListener listener) {
        Submission submission = engine.submit(request, listener);
        if (submission instanceof Submission.Accepted accepted) {
            sequence = accepted.sequence();
        }
        return submission;
    }

    /** Ends before it has begun: no sequence ever runs for it. */
    void endWith(FinishReason reason) {
        endedWithout = reason;
    }

    void abort(InferenceEngine engine) {
        if (sequence != null) {
            engine.abort(sequence);
        }
    }

    int generatedTokens() {
        return sequence == null ? 0 : sequence.generatedTokens();
    }

    int cachedTokens() {
        return sequence == null ? 0 : sequence.cachedTokens();
    }

    boolean hasEnded() {
        return endedWithout != null || (sequence != null && sequence.finishReason() != null);
    }

    FinishReason finishReason() {
        FinishReason reason = sequence == null ? endedWithout : sequence.finishReason();
        if (reason == null) {
            throw new IllegalStateException("the sequence has not ended");
        }
        return reason;
    }

    boolean hasUnwrittenTokens() {
        return tokensWritten < generatedTokens();
    }

    /** Writes the next token as an event, unless all of its text belongs to a stop string. */
    void writeToken(ResponseWriter writer, AnswerFormat format) {
        byte[] text = plan.bytes(tokensWritten++);
        int visible = Math.min(text.length, plan.visibleBytes() - bytesWritten);
        bytesWritten += text.length;
        if (visible > 0) {
            writer.piece(format.tokenStart(index), text, visible, format.tokenEnd());
        }
    }

    boolean isUnopened() {
        return !isOpened;
    }

    /** Returns the event that stands before the first token of a chat. */
    byte[] open(AnswerFormat format) {
        isOpened = true;
        return format.role(index);
    }

    boolean isClosed() {
        return isClosed;
    }

    void writeFinish(ResponseWriter writer, AnswerFormat format) {
        isClosed = true;
        byte[] event = format.finish(index, finishReason());
        writer.piece(AnswerFormat.NOTHING, event, event.length, AnswerFormat.NOTHING);
    }

    /** Appends the visible part of what was generated. */
    void appendText(StringBuilder text) {
        int left = plan.visibleBytes();
        for (int i = 0; i < generatedTokens(); i++) {
            byte[] token = plan.bytes(i);
            for (int j = 0; j < Math.min(left, token.length); j++) {
                text.append((char) token[j]);
            }
            left -= token.length;
        }
    }
}
