package io.bactrian.cli;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.SharedKvStore;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.TransferOptions;
import io.bactrian.simulator.engine.TransferCost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code simulate} that say which part of a request each server computes, and how they hand it over. */
final class SimulateTransferOptions {
    private static final double BYTES_PER_GIGABYTE = 1e9;

    @Option(
            names = "--role",
            paramLabel = "ROLE",
            split = ",",
            converter = RoleConverter.class,
            description =
                    "Roles of the servers in order, the last one for all that are left, as llm-d.ai/role names them:"
                            + " prefill, decode, encode, prefill-decode, both, encode-prefill, encode-prefill-decode, or none"
                            + " (default: none). Only servers with a role have a KV connector and a side channel.")
    private List<EndpointRole> roles = new ArrayList<>();

    @Option(
            names = "--transfer-port",
            paramLabel = "PORT",
            defaultValue = "0",
            description =
                    "Side channel of server 0, server i has PORT + i; 0 for free ones (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--kv-bytes-per-token",
            paramLabel = "BYTES",
            defaultValue = "131072",
            description = "Size of one token's KV entries (default: ${DEFAULT-VALUE}).")
    private long bytesPerToken;

    @Option(
            names = "--kv-bandwidth",
            paramLabel = "GB/S",
            defaultValue = "40",
            description = "Bandwidth at which a server sends KV entries, shared by its transfers"
                    + " (default: ${DEFAULT-VALUE}).")
    private double gigabytesPerSecond;

    @Option(
            names = "--kv-setup",
            paramLabel = "DURATION",
            defaultValue = "1ms",
            converter = DurationConverter.class,
            description = "Time a transfer takes beside its bytes (default: ${DEFAULT-VALUE}).")
    private Duration setup = Duration.ZERO;

    @Option(
            names = "--kv-lease",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description =
                    "How long blocks are kept for a decode server that does not come (default: ${DEFAULT-VALUE}).")
    private Duration lease = Duration.ZERO;

    @Option(
            names = "--kv-load-timeout",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How long a decode server waits for blocks that exist (default: ${DEFAULT-VALUE}).")
    private Duration loadTimeout = Duration.ZERO;

    @Option(
            names = "--kv-waiting-timeout",
            paramLabel = "DURATION",
            defaultValue = "300s",
            converter = DurationConverter.class,
            description = "How long it waits for a prefill leg that runs beside it (default: ${DEFAULT-VALUE}).")
    private Duration waitingTimeout = Duration.ZERO;

    @Option(
            names = "--encode-duration",
            paramLabel = "DURATION",
            defaultValue = "20ms",
            converter = DurationConverter.class,
            description = "Time to encode one image, video or sound (default: ${DEFAULT-VALUE}).")
    private Duration encodeDuration = Duration.ZERO;

    @Option(
            names = "--shared-kv-blocks",
            paramLabel = "BLOCKS",
            defaultValue = "0",
            description = "Blocks of a store that all servers share by content, as LMCache does; 0 for none"
                    + " (default: ${DEFAULT-VALUE}).")
    private int sharedBlocks;

    private @Nullable SharedKvStore store;

    /** Adds them to the options of server {@code server}. */
    void apply(int server, SimulatedModelServerOptions.Builder options) {
        TransferCost cost = new TransferCost(setup.toNanos(), bytesPerToken, gigabytesPerSecond * BYTES_PER_GIGABYTE);
        options.role(role(server))
                .transfers(new TransferOptions(cost, lease, loadTimeout, waitingTimeout, encodeDuration));
        if (sharedBlocks != 0) {
            SharedKvStore shared = store == null ? new SharedKvStore(sharedBlocks) : store;
            store = shared;
            options.sharedKv(shared);
        }
    }

    /** Returns the port of the side channel of server {@code server}; 0 for a free one. */
    int port(int server) {
        return port == 0 ? 0 : port + server;
    }

    private EndpointRole role(int server) {
        return roles.isEmpty() ? EndpointRole.NONE : roles.get(Math.min(server, roles.size() - 1));
    }

    private static final class RoleConverter implements ITypeConverter<EndpointRole> {
        @Override
        public EndpointRole convert(String value) {
            EndpointRole role =
                    value.equals("none") ? EndpointRole.NONE : EndpointRole.of(Map.of(EndpointRole.LABEL, value));
            if (role == EndpointRole.OTHER) {
                throw new TypeConversionException(
                        "'" + value + "' (expected: a value of " + EndpointRole.LABEL + ", or none)");
            }
            return role;
        }
    }
}
