package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** The answer to another server, written when a transfer has ended; if that server leaves, the transfer is given up. */
final class SideChannelAnswer implements AnswerUnderWay {
    private final ResponseWriter writer;
    private final Runnable cancel;

    /**
     * Begins a transfer.
     *
     * @param begin is given whom to tell how it went, and returns what gives it up
     */
    SideChannelAnswer(ResponseWriter writer, Function<Reply, Runnable> begin) {
        this.writer = writer;
        this.cancel = begin.apply(this::reply);
    }

    /** Takes the status and the body of the answer. */
    interface Reply {
        void accept(int status, JsonNode body);
    }

    @Override
    public void start() {}

    @Override
    public void resume() {}

    @Override
    public void ended(ResponseWriter.Outcome outcome) {
        cancel.run();
    }

    private void reply(int status, JsonNode body) {
        writer.whole(status, "application/json", body.toString().getBytes(StandardCharsets.UTF_8));
        writer.flush();
    }
}
