package io.bactrian.scheduling;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells those who follow a request what its answer says of itself. Who fails to take note of it does not stop the answer. */
public final class AnswerListener {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerListener.class);

    private final RequestListener listener;

    AnswerListener(RequestListener listener) {
        this.listener = listener;
    }

    /** Tells what the answer took. */
    public void reported(ReportedUsage usage) {
        tell(told -> told.reported(usage));
    }

    /** Tells what the model server calls the answer. */
    public void named(String id) {
        tell(told -> told.named(id));
    }

    private void tell(Consumer<RequestListener> word) {
        try {
            word.accept(listener);
        } catch (RuntimeException e) {
            LOG.error("{} failed to take note of an answer", listener, e);
        }
    }
}
