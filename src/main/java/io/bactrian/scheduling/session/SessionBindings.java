package io.bactrian.scheduling.session;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.Conversation;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.RequestListener;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The router keeps the pins: a session named by a header or by a request attribute stays with the endpoint it was first given,
 * and moves only when that endpoint is not among the candidates. A response or conversation that an endpoint has made is its session,
 * by the id that it gave. Bindings that nobody used for a while are forgotten, and so is
 * the one unused the longest when there are too many, as clients and model servers choose the names.
 */
final class SessionBindings implements SessionPins {
    private static final int MAX_BINDINGS = 100_000;
    private static final int MAX_NAME_LENGTH = 256;

    private final List<Source> sources;
    private final boolean followsConversations;
    private final String profile;
    private final Duration ttl;
    private final Duration sweepEvery;
    private final InstantSource clock;
    private final LinkedHashMap<String, Binding> bindings = new LinkedHashMap<>(16, 0.75f, true); // least used first
    private Instant swept;

    /** Where a session's name is looked for; exactly one of the two is given. */
    private record Source(String header, @Nullable DataKey<String> attribute) {
        String nameIn(InferenceRequest request) {
            if (attribute == null) {
                return request.header(header).strip();
            }
            String value = request.attributes().get(attribute);
            return value == null ? "" : value.strip();
        }
    }

    private record Binding(String endpoint, Instant used) {}

    private SessionBindings(
            List<Source> sources, String profile, Duration ttl, Duration sweepEvery, InstantSource clock) {
        this.sources = sources;
        this.followsConversations = sources.stream().anyMatch(source -> Conversation.ID.equals(source.attribute));
        this.profile = profile;
        this.ttl = ttl;
        this.sweepEvery = sweepEvery;
        this.clock = clock;
        this.swept = clock.instant();
    }

    static SessionBindings create(PluginParameters parameters, String profile, InstantSource clock) {
        List<Source> sources = parameters.objects("sources").stream()
                .map(SessionBindings::source)
                .toList();
        return new SessionBindings(
                sources.isEmpty() ? List.of(new Source("x-session-id", null)) : sources,
                profile,
                Duration.ofSeconds(parameters.integer("evictionTtlSeconds", 300, 1, Integer.MAX_VALUE)),
                Duration.ofSeconds(parameters.integer("evictionSweepSeconds", 10, 1, Integer.MAX_VALUE)),
                clock);
    }

    private static Source source(PluginParameters given) {
        String header = given.text("header", "");
        String attribute = given.text("attribute", "");
        String producer = given.text("producer", attribute.equals("SessionIDDataKey") ? "session-id-producer" : "");
        if (header.isEmpty() == attribute.isEmpty()) {
            throw given.wrong("header", header.isEmpty() ? "missing" : header, "exactly one of header or attribute");
        }
        return new Source(header, attribute.isEmpty() ? null : new DataKey<>(attribute, producer));
    }

    @Override
    public String pinOf(InferenceRequest request) {
        String name = nameOf(request);
        return name.isEmpty() ? "" : bound(name);
    }

    private String nameOf(InferenceRequest request) {
        for (Source source : sources) {
            String name = source.nameIn(request);
            if (!name.isEmpty() && name.length() <= MAX_NAME_LENGTH) {
                return name;
            }
        }
        return "";
    }

    private synchronized String bound(String name) {
        Binding binding = bindings.get(name);
        return binding == null || isForgotten(binding, clock.instant()) ? "" : binding.endpoint;
    }

    private boolean isForgotten(Binding binding, Instant now) {
        return Duration.between(binding.used, now).compareTo(ttl) > 0;
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        String name = nameOf(request);
        if (name.isEmpty() && !followsConversations) {
            return RequestListener.NONE;
        }
        List<String> present =
                candidates.stream().map(candidate -> candidate.endpoint().id()).toList();
        return new RequestListener() {
            private String served = "";

            @Override
            public void picked(Decision.Picked decision) {
                EndpointState chosen = SessionPins.chosen(decision, profile);
                served = chosen == null ? "" : chosen.endpoint().id();
                if (!name.isEmpty() && !served.isEmpty()) {
                    bind(name, served, present);
                }
            }

            @Override
            public void named(String id) {
                if (followsConversations && !served.isEmpty() && id.length() <= MAX_NAME_LENGTH) {
                    bind(id, served, present);
                }
            }
        };
    }

    private synchronized void bind(String name, String endpoint, List<String> present) {
        Instant now = clock.instant();
        sweep(now);
        Binding old = bindings.get(name);
        if (old != null && !old.endpoint.equals(endpoint) && present.contains(old.endpoint)) {
            return; // another plug-in had its way this time, but the session's endpoint is still there
        }
        bindings.put(name, new Binding(endpoint, now));
        if (bindings.size() > MAX_BINDINGS) {
            bindings.remove(bindings.keySet().iterator().next());
        }
    }

    private void sweep(Instant now) {
        if (Duration.between(swept, now).compareTo(sweepEvery) >= 0) {
            swept = now;
            bindings.values().removeIf(binding -> isForgotten(binding, now));
        }
    }
}
