package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the name of a request's session from a header or a cookie. */
final class SessionIdProducer implements DataProducer {
    static final String TYPE = "session-id-producer";

    private final DataKey<String> key;
    private final String header;
    private final String cookie;

    private SessionIdProducer(DataKey<String> key, String header, String cookie) {
        this.key = key;
        this.header = header;
        this.cookie = cookie;
    }

    static SessionIdProducer create(PluginParameters parameters, PluginServices services) {
        String header = parameters.text("headerName", "").strip().toLowerCase(Locale.ROOT);
        String cookie = parameters.text("cookieName", "").strip();
        if (header.isEmpty() == cookie.isEmpty()) {
            throw parameters.wrong(
                    "headerName", header.isEmpty() ? "missing" : header, "exactly one of headerName or cookieName");
        }
        return new SessionIdProducer(new DataKey<>("SessionIDDataKey", parameters.pluginName()), header, cookie);
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        String value = (cookie.isEmpty() ? request.header(header) : cookieIn(request.header("cookie"))).strip();
        if (!value.isEmpty()) {
            request.attributes().put(key, value);
        }
        return RequestListener.NONE;
    }

    private String cookieIn(String cookies) {
        for (String pair : cookies.split(";", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0 && pair.substring(0, equals).strip().equals(cookie)) {
                return pair.substring(equals + 1);
            }
        }
        return "";
    }
}
