package io.bactrian.scheduling;

import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.ResponseHeaders;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several; one that fails does not keep the others from hearing. */
record RequestListeners(List<RequestListener> all) implements RequestListener {
    private static final Logger LOG = LoggerFactory.getLogger(RequestListeners.class);

    static RequestListener of(List<RequestListener> listeners) {
        return switch (listeners.size()) {
            case 0 -> NONE;
            case 1 -> listeners.get(0);
            default -> new RequestListeners(listeners);
        };
    }

    @Override
    public void picked(Decision.Picked decision) {
        for (RequestListener listener : all) {
            listener.picked(decision);
        }
    }

    @Override
    public void prefilled() {
        for (RequestListener listener : all) {
            listener.prefilled();
        }
    }

    @Override
    public void firstToken() {
        for (RequestListener listener : all) {
            listener.firstToken();
        }
    }

    @Override
    public void answerBegins(ResponseHeaders headers) {
        for (RequestListener listener : all) {
            listener.answerBegins(headers);
        }
    }

    @Override
    public void reported(ReportedUsage usage) {
        for (RequestListener listener : all) {
            listener.reported(usage);
        }
    }

    @Override
    public void named(String id) {
        for (RequestListener listener : all) {
            listener.named(id);
        }
    }

    @Override
    public void ended(Outcome outcome) {
        for (RequestListener listener : all) {
            try {
                listener.ended(outcome);
            } catch (RuntimeException e) {
                LOG.error("{} failed at the end of a request", listener, e);
            }
        }
    }
}
