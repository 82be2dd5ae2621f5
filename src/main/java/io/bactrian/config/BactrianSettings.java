package io.bactrian.config;

import io.bactrian.component.nettyhttp.DrainSettings;
import io.bactrian.component.nettyhttp.HttpSettings;
import io.bactrian.discovery.PoolSettings;
import io.bactrian.endpoint.RetrySettings;
import io.bactrian.relay.ScrapeSettings;
import io.bactrian.relay.UpstreamSettings;
import java.util.Map;

/**
 * Everything that is set by {@code bactrian.*} properties.
 *
 * @param http the HTTP door
 * @param upstream connections to model servers
 * @param metrics metric pages of model servers
 * @param retry further attempts
 * @param drain the stop
 * @param routes where routes come from
 * @param passthrough what is let through unread
 * @param pools the pools, by name
 */
public record BactrianSettings(
        HttpSettings http,
        UpstreamSettings upstream,
        ScrapeSettings metrics,
        RetrySettings retry,
        DrainSettings drain,
        RouteSettings routes,
        PassthroughSettings passthrough,
        Map<String, PoolSettings> pools) {

    /** The prefix of every key. */
    public static final String PREFIX = "bactrian";

    /** Every default, and no pool. */
    public static final BactrianSettings DEFAULTS = new BactrianSettings(
            HttpSettings.DEFAULTS,
            UpstreamSettings.DEFAULTS,
            ScrapeSettings.DEFAULTS,
            RetrySettings.DEFAULTS,
            DrainSettings.DEFAULTS,
            RouteSettings.DEFAULTS,
            PassthroughSettings.DEFAULTS,
            Map.of());

    /** Reads {@code given} and what {@code environment} sets instead; throws {@link ConfigurationException}. */
    public static BactrianSettings read(Map<String, String> given, Map<String, String> environment) {
        return new SettingsReader(given, environment).read(BactrianSettings.class, PREFIX, DEFAULTS);
    }
}
