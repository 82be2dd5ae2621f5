package io.bactrian.engine.connector;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.BodyPlaces;
import io.bactrian.api.Priming;
import io.bactrian.endpoint.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to split one request.
 *
 * @param id names the request towards both model servers
 * @param target the path both legs are sent to, with the query
 * @param places where the members of the body are that may change
 * @param prompts how many prompts the body holds
 * @param choices how many answers to each the client wants
 * @param prefill computes the prompt
 * @param decode answers
 * @param engineId what the prefill endpoint's transfer engine calls itself, where that had to be asked; else empty
 * @param promptTokens ids of the prompt's tokens as a JSON array, where they had to be asked for; else empty
 * @param cacheSource whose cached blocks the prefill endpoint loads; null for nobody's
 */
public record SplitRequest(
        String id,
        String target,
        BodyPlaces places,
        int prompts,
        int choices,
        Endpoint prefill,
        Endpoint decode,
        String engineId,
        String promptTokens,
        @Nullable Endpoint cacheSource) {

    /** Returns edits of a body that computes the prompt and generates one token. */
    BodyEdits primed() {
        return Priming.prime(places, target);
    }

    /** Returns edits of the body as the client sent it. */
    BodyEdits original() {
        return new BodyEdits(places);
    }

    /** Returns the host of the prefill endpoint, as others can reach it: an IPv6 address in brackets. */
    String prefillHost() {
        return host(prefill);
    }

    /** Returns the host of the decode endpoint. */
    String decodeHost() {
        return host(decode);
    }

    /** Returns the host of {@code endpoint}, as others can reach it. */
    static String host(Endpoint endpoint) {
        String host = endpoint.address().getHostString();
        return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    /** Returns the port in label {@code name} of the prefill endpoint, or {@code absent}. */
    int prefillPort(String name, int absent) {
        return port(prefill, name, absent);
    }

    /** Returns the port in label {@code name} of {@code endpoint}, or {@code absent}. */
    static int port(Endpoint endpoint, String name, int absent) {
        String value = endpoint.labels().get(name);
        return value != null && value.matches("\\d{1,5}") ? Integer.parseInt(value) : absent;
    }
}
