package io.bactrian.simulator;

import io.bactrian.simulator.engine.Sequence;
import io.bactrian.simulator.engine.SequenceListener;
import java.util.List;

/** An answer being generated and written: as a stream of events, or whole at the end. */
final class CompletionAnswer implements SequenceListener, AnswerUnderWay {
    private final CompletionRequest request;
    private final List<Choice> choices;
    private final AnswerFormat format;
    private final ResponseWriter writer;
    private final ServerParts parts;
    private final AnswerTransfers transfers;
    private boolean hasBegun;
    private boolean hasEnded;

    CompletionAnswer(
            CompletionRequest request,
            List<Choice> choices,
            AnswerFormat format,
            ResponseWriter writer,
            ServerParts parts,
            AnswerTransfers transfers) {
        this.request = request;
        this.choices = choices;
        this.format = format;
        this.writer = writer;
        this.parts = parts;
        this.transfers = transfers;
        transfers.onFailure(this::fail);
    }

    /** Sends what is to be sent before the first token. */
    @Override
    public void start() {
        if (parts.options().headersBeforeFirstToken() && request.isStreamed()) {
            begin();
            writer.flush();
        }
        if (choices.stream().allMatch(Choice::hasEnded)) {
            write();
            writer.flush();
        }
    }

    @Override
    public void tokenGenerated(Sequence sequence) {
        if (request.isStreamed()) {
            write();
        }
    }

    @Override
    public void finished(Sequence sequence) {
        transfers.finished(sequence, this::writeAfterTransfer);
        write();
    }

    @Override
    public void resume() {
        if (request.isStreamed() && hasBegun) {
            write();
            writer.flush();
        }
    }

    @Override
    public void ended(ResponseWriter.Outcome outcome) {
        parts.counts().ended(outcome);
        if (outcome != ResponseWriter.Outcome.COMPLETE) {
            abort();
        }
    }

    private void abort() {
        hasEnded = true;
        choices.forEach(choice -> choice.abort(parts.engine()));
        transfers.abort();
    }

    private void writeAfterTransfer() {
        write();
        writer.flush();
    }

    /** Answers with an error instead, or ends the stream with one. */
    private void fail(ApiError error) {
        if (hasEnded) {
            return;
        }
        abort();
        if (hasBegun) {
            writeEvent(AnswerFormat.error(error));
            writer.endStream();
        } else {
            writer.error(error);
        }
        writer.flush();
    }

    private void write() {
        if (hasEnded || transfers.isPushing() || (request.isPrefillOnly() && isHeld())) {
            return;
        }
        if (request.isStreamed()) {
            writeEvents();
        } else if (choices.stream().allMatch(Choice::hasEnded)) {
            hasEnded = true;
            writer.whole(200, "application/json", format.whole(choices, usage(), transfers.members(firstToken())));
        }
        parts.flushes().add(writer);
    }

    private int firstToken() {
        return choices.get(0).plan.id(0);
    }

    private boolean isHeld() {
        return transfers.isAwaited() || !choices.stream().allMatch(Choice::hasEnded);
    }

    private void begin() {
        hasBegun = true;
        writer.beginStream("text/event-stream; charset=utf-8");
    }

    /** Writes what there is to write, as far as the client reads; the rest stays with the engine's sequences. */
    private void writeEvents() {
        if (!hasBegun) {
            begin();
            if (writer.isDead()) {
                return;
            }
        }
        boolean allClosed = true;
        for (Choice choice : choices) {
            while (choice.hasUnwrittenTokens()) {
                if (!writer.isWritable() || writer.isDead()) {
                    return;
                }
                if (request.isChat() && choice.isUnopened()) {
                    writeEvent(choice.open(format));
                }
                choice.writeToken(writer, format);
            }
            if (choice.hasEnded() && !choice.isClosed()) {
                if (request.isChat() && choice.isUnopened()) {
                    writeEvent(choice.open(format));
                }
                choice.writeFinish(writer, format);
            }
            allClosed &= choice.isClosed();
        }
        if (allClosed) {
            end();
        }
    }

    private void end() {
        hasEnded = true;
        if (request.includeUsage()) {
            writeEvent(format.usageEvent(usage()));
        }
        writeEvent(AnswerFormat.DONE);
        writer.endStream();
    }

    private void writeEvent(byte[] event) {
        writer.piece(AnswerFormat.NOTHING, event, event.length, AnswerFormat.NOTHING);
    }

    /** Each prompt counts once, however many choices it has; so do its cached tokens. */
    private AnswerFormat.Usage usage() {
        int completion = choices.stream().mapToInt(Choice::generatedTokens).sum();
        int cached = 0;
        for (int i = 0; i < choices.size(); i += request.choices()) {
            cached += choices.get(i).cachedTokens();
        }
        return new AnswerFormat.Usage(request.promptTokens(), completion, cached);
    }
}
