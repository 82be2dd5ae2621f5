package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the data producers for one request, one after the other, then asks the hooks who follows it. A plug-in that fails or
 * is late is passed over.
 */
final class Enrichment {
    private static final Logger LOG = LoggerFactory.getLogger(Enrichment.class);

    private final SchedulerParts parts;
    private final SchedulingObserver observer;
    private final PluginTiming timing;
    private final InferenceRequest request;
    private final List<EndpointState> candidates;
    private final Executor home;
    private final Consumer<RequestListener> then;
    private final List<RequestListener> listeners;
    private int next;

    Enrichment(
            SchedulerParts parts,
            SchedulingObserver observer,
            PluginTiming timing,
            InferenceRequest request,
            List<EndpointState> candidates,
            Executor home,
            Consumer<RequestListener> then) {
        this.parts = parts;
        this.observer = observer;
        this.timing = timing;
        this.request = request;
        this.candidates = candidates;
        this.home = home;
        this.then = then;
        this.listeners =
                new ArrayList<>(parts.producers().size() + parts.hooks().size());
    }

    void run() {
        List<DataProducer> producers = parts.producers();
        while (next < producers.size()) {
            DataProducer producer = producers.get(next++);
            long began = timing.begins();
            try {
                if (producer instanceof SlowDataProducer slow) {
                    await(slow, began);
                    return;
                }
                add(producer.produce(request, candidates));
                timing.ends(ExtensionPoint.DATA_PRODUCER, producer, began);
            } catch (RuntimeException e) {
                failed(producer, e);
            }
        }
        for (RequestHook hook : parts.hooks()) {
            try {
                add(hook.follow(request, candidates));
            } catch (RuntimeException e) {
                LOG.warn("{} does not follow request {}", hook, request.id(), e);
            }
        }
        then.accept(RequestListeners.of(listeners));
    }

    private void await(SlowDataProducer producer, long began) {
        producer.begin(request, candidates)
                .orTimeout(producer.deadline().toNanos(), TimeUnit.NANOSECONDS)
                .whenCompleteAsync((attach, failure) -> goOn(producer, began, attach, failure), home);
    }

    private void goOn(
            SlowDataProducer producer,
            long began,
            @Nullable Supplier<RequestListener> attach,
            @Nullable Throwable failure) {
        timing.ends(ExtensionPoint.DATA_PRODUCER, producer, began);
        try {
            if (attach != null) {
                add(attach.get());
            } else {
                failed(producer, failure instanceof CompletionException wrapped ? wrapped.getCause() : failure);
            }
        } catch (RuntimeException e) {
            failed(producer, e);
        }
        run();
    }

    private void add(RequestListener listener) {
        if (listener != RequestListener.NONE) {
            listeners.add(listener);
        }
    }

    private void failed(DataProducer producer, @Nullable Throwable cause) {
        observer.producerFailed(producer, cause == null ? new IllegalStateException("no data") : cause);
        LOG.debug("data producer {} failed; the request goes on without its data", producer, cause);
    }
}
