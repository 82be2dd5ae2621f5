package io.bactrian.endpoint;

import io.bactrian.request.Attributes;
import io.bactrian.request.DataKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as one request sees it: what it reported, what the router has sent it, and what data producers attached.
 *
 * <p>Made anew for every request, so that what is attached for one never reaches another. Used by one thread at a time.
 */
public final class EndpointState {
    /** A request's attribute: the endpoint that an earlier stage of it was given to. */
    public static final DataKey<EndpointState> PEER = new DataKey<>("peer-endpoint", "disagg-profile-handler");

    private final Endpoint endpoint;
    private final EndpointMetrics metrics;
    private final EndpointLoad load;
    private final EndpointBreaker breaker;
    private final Instant seenAt;
    private boolean breakerIgnored;
    private final Attributes attributes = new Attributes();

    /** @param seenAt when the request looked, by the router's clock */
    public EndpointState(
            Endpoint endpoint, EndpointMetrics metrics, EndpointLoad load, EndpointBreaker breaker, Instant seenAt) {
        this.endpoint = endpoint;
        this.metrics = metrics;
        this.load = load;
        this.breaker = breaker;
        this.seenAt = seenAt;
    }

    /** Returns the endpoint. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** Returns what it reported; stale signals are absent. */
    public EndpointMetrics metrics() {
        return metrics;
    }

    /** Returns when the request looked: the time from which the age of a signal counts. */
    public Instant seenAt() {
        return seenAt;
    }

    /** Returns the live count of what the router has sent it. */
    public EndpointLoad load() {
        return load;
    }

    /**
     * Returns the requests that wait at the endpoint: those it last reported, and those the router has sent it since.
     *
     * @return NaN when there is no fresh report
     */
    public double waitingRequests() {
        Signal reported = metrics.waitingRequests();
        return reported.isPresent() ? Math.max(0, reported.value() + load.requestsSinceReport()) : Double.NaN;
    }

    /**
     * Returns how full the endpoint is by what it reports, the fuller of queue and KV cache; 1 is full, and it may be more.
     *
     * @param fullQueue waiting requests that make it full
     * @param fullKvCache share of KV blocks in use that makes it full
     * @return NaN when either is not known
     */
    public double fullness(double fullQueue, double fullKvCache) {
        return Math.max(waitingRequests() / fullQueue, metrics.kvCacheUsage().value() / fullKvCache);
    }

    /** Returns what leaves the endpoint out while it fails. */
    public EndpointBreaker breaker() {
        return breaker;
    }

    /** Lets this one request be sent to the endpoint whatever its breaker says. */
    public void ignoreBreaker() {
        breakerIgnored = true;
    }

    /** Returns the permission to send this request to the endpoint, or null when its breaker refuses. */
    public EndpointBreaker.@Nullable Permission tryAcquire() {
        return breakerIgnored ? breaker.acquireAnyway() : breaker.tryAcquire();
    }

    /** Attaches {@code value}, replacing an earlier one. */
    public <T> void put(DataKey<T> key, T value) {
        attributes.put(key, value);
    }

    /** Returns what was attached under {@code key}, else the custom metric of that key; null if there is neither. */
    @SuppressWarnings("unchecked") // only keys of numbers name custom metrics
    public <T> @Nullable T get(DataKey<T> key) {
        T attached = attributes.get(key);
        if (attached != null || metrics.custom().isEmpty()) {
            return attached;
        }
        Signal custom = metrics.custom().get(key);
        return custom == null ? null : (T) Double.valueOf(custom.value());
    }
}
