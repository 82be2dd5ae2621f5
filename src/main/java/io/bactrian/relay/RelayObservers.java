package io.bactrian.relay;

import io.bactrian.request.InferenceRequest;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several observers; one that fails does not keep the others from hearing. */
public final class RelayObservers implements RelayObserver {
    private static final Logger LOG = LoggerFactory.getLogger(RelayObservers.class);

    private final List<RelayObserver> all;

    private RelayObservers(List<RelayObserver> all) {
        this.all = all;
    }

    /** Returns an observer that tells each of {@code observers}, in their order. */
    public static RelayObserver of(List<RelayObserver> observers) {
        return new RelayObservers(List.copyOf(observers));
    }

    @Override
    public void began(InferenceRequest request) {
        for (RelayObserver observer : all) {
            try {
                observer.began(request);
            } catch (RuntimeException e) {
                failed(observer, e);
            }
        }
    }

    @Override
    public void ended(RelayRecord record) {
        for (RelayObserver observer : all) {
            try {
                observer.ended(record);
            } catch (RuntimeException e) {
                failed(observer, e);
            }
        }
    }

    @Override
    public void unsent(UnsentRecord record) {
        for (RelayObserver observer : all) {
            try {
                observer.unsent(record);
            } catch (RuntimeException e) {
                failed(observer, e);
            }
        }
    }

    private static void failed(RelayObserver observer, RuntimeException e) {
        LOG.error("{} failed to take note of a request", observer, e);
    }
}
