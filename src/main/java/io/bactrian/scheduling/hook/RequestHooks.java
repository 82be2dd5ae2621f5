package io.bactrian.scheduling.hook;

import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.RequestHook;
import java.util.Map;

/** The hooks a policy may name, by their {@code type} in the configuration. */
public final class RequestHooks {
    public static final Map<String, PluginFactory<RequestHook>> CATALOG =
            Map.of(ServedEndpointVerifier.TYPE, (parameters, services) -> new ServedEndpointVerifier());

    private RequestHooks() {}
}
