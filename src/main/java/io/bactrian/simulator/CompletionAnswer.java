package io.bactrian.simulator;

import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.Sequence;
import io.bactrian.simulator.engine.SequenceListener;
import java.util.List;

/** An answer being generated and written: as a stream of events, or whole at the end. */
final class CompletionAnswer implements SequenceListener {
    private final CompletionRequest request;
    private final List<Choice> choices;
    private final AnswerFormat format;
    private final ResponseWriter writer;
    private final InferenceEngine engine;
    private final FlushQueue flushes;
    private final boolean headersFirst;
    private boolean hasBegun;
    private boolean hasEnded;

    CompletionAnswer(
            CompletionRequest request,
            List<Choice> choices,
            AnswerFormat format,
            ResponseWriter writer,
            InferenceEngine engine,
            FlushQueue flushes,
            boolean headersFirst) {
        this.request = request;
        this.choices = choices;
        this.format = format;
        this.writer = writer;
        this.engine = engine;
        this.flushes = flushes;
        this.headersFirst = headersFirst;
    }

    /** Sends what is to be sent before the first token. */
    void start() {
        if (headersFirst && request.isStreamed()) {
            begin();
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
        write();
    }

    /** Goes on after the client has read what was written. */
    void resume() {
        if (request.isStreamed() && hasBegun) {
            write();
            writer.flush();
        }
    }

    /** Gives up: the client has left or the connection was cut. */
    void abort() {
        hasEnded = true;
        choices.forEach(choice -> choice.abort(engine));
    }

    private void write() {
        if (hasEnded) {
            return;
        }
        if (request.isStreamed()) {
            writeEvents();
        } else if (choices.stream().allMatch(Choice::hasEnded)) {
            hasEnded = true;
            writer.whole(200, "application/json", format.whole(choices, usage()));
        }
        flushes.add(writer);
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
