package io.bactrian.engine.connector;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.BodyPlaces;
import io.bactrian.api.Splice;
import io.bactrian.request.DataKey;
import java.util.List;

/** Whose cached blocks whoever computes a prompt loads, peer to peer: a parameter of vLLM's OffloadingConnector. */
public final class CacheSource {
    /** A request's attribute: the value of the parameter, a JSON object. */
    public static final DataKey<String> KEY = new DataKey<>("kv-cache-source", "");

    private static final String PARAMETER = "\"remote_kv_source\":";

    private CacheSource() {}

    /** Returns the value that names the peer at {@code host}, whose peer-to-peer port is {@code port}. */
    public static String of(String host, int port) {
        return "{\"kv_request_id\":\"" + TransferId.random() + "\",\"remote_host\":\"" + host + "\",\"remote_port\":"
                + port + "}";
    }

    /** Returns what makes the endpoint that answers, and computes the prompt itself, load from {@code source}. */
    public static List<Splice> alone(BodyPlaces places, String source) {
        return new BodyEdits(places)
                .set(NixlV2.PARAMS, "{" + PARAMETER + source + "}")
                .splices();
    }

    /** Returns {@code params}, an object that is not empty, with {@code source} if there is one. */
    static String addTo(String params, String source) {
        return source.isEmpty() ? params : params.substring(0, params.length() - 1) + "," + PARAMETER + source + "}";
    }
}
