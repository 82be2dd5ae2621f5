package io.bactrian.config.datalayer;

import io.bactrian.engine.Extractor;
import io.bactrian.relay.TlsSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A page that is read of every endpoint again and again (llm-d's polling data sources).
 *
 * @param type its type in a configuration
 * @param format what the page is
 * @param path where it is; empty for the path that the properties name
 * @param port where it is; 0 for the endpoint's own
 * @param onNode whether it is at the address of the endpoint's node instead of the endpoint's
 * @param interval time between two readings; zero for the interval that the properties name
 * @param tls how the connection is encrypted; null if it is not
 */
public record PageSource(
        String type,
        Extractor.Format format,
        String path,
        int port,
        boolean onNode,
        Duration interval,
        @Nullable TlsSettings tls) {

    /** The type of the source of an engine's metric page. */
    public static final String METRICS = "metrics-data-source";

    /** The label that says at which address an endpoint's node is. */
    static final String NODE_ADDRESS = "bactrian.io/node-address";

    /** The metric page where the properties say it is. */
    static final PageSource DEFAULT_METRICS =
            new PageSource(METRICS, Extractor.Format.METRICS, "", 0, false, Duration.ZERO, null);
}
