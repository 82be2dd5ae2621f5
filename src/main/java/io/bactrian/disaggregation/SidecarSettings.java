package io.bactrian.disaggregation;

import java.time.Duration;
import java.util.List;

/**
 * The role {@code sidecar}: beside one decode engine, behind a router that says by headers who computes the prompt.
 *
 * @param modelServerPort port of the engine on this machine; of its first data-parallel rank, each other has the next
 * @param dataParallelSize data-parallel ranks of the engine; each is reached by a port of its own here, from bactrian.http.port on
 * @param podIp address by which others know this pod; empty takes any host for this one in {@code x-data-parallel-host-port}, and does
 *     not go with {@code moriio} and {@code lmcache}, whose prefill servers are told it
 * @param enableSsrfProtection whether only targets that are allowed may be named
 * @param allowedTargets model servers that may be named, each as host:port; with data-parallel ranks, their first ports
 * @param allowedTargetsFile a file that lists them, read again when it changes, in the form of a pool's endpoints-file; empty for none
 * @param fileCheckInterval how often that file is looked at for changes
 * @param enablePrefillerSampling whether one of several prefill candidates is taken by chance, not the first
 * @param enableP2pPull whether {@code nixlv2} makes use of {@code x-kv-cache-source-host-port}, as {@code offloading} does: prompts are
 *     computed with the cached blocks of the peer that is named
 * @param enableTls legs that are sent over TLS: {@code prefiller}, {@code decoder}, {@code encoder}
 * @param tlsInsecureSkipVerify legs whose certificates are not verified
 * @param tlsCaCertPath certificates, PEM, that are trusted in place of the JDK's; empty for none
 * @param decodeChunkSize tokens that a chat is generated in at a time; 0 for all at once
 * @param split how requests are split; {@code mode} stays {@code router}
 */
public record SidecarSettings(
        int modelServerPort,
        int dataParallelSize,
        String podIp,
        boolean enableSsrfProtection,
        List<String> allowedTargets,
        String allowedTargetsFile,
        Duration fileCheckInterval,
        boolean enablePrefillerSampling,
        boolean enableP2pPull,
        List<String> enableTls,
        List<String> tlsInsecureSkipVerify,
        String tlsCaCertPath,
        int decodeChunkSize,
        SplitSettings split) {

    /** The leg to where a prompt is computed. */
    public static final String PREFILLER = "prefiller";

    /** The leg to the engine beside the sidecar. */
    public static final String DECODER = "decoder";

    /** The legs to where images, video and sound are encoded. */
    public static final String ENCODER = "encoder";

    private static final List<String> LEGS = List.of(PREFILLER, DECODER, ENCODER);

    /** Connectors whose prefill servers are told where the engine is. */
    private static final List<String> TOLD_ADDRESS = List.of("moriio", "lmcache");

    private static final int MAX_PORT = 65_535;

    /** As llm-d's, but for the targets, which must be allowed. */
    public static final SidecarSettings DEFAULTS = new SidecarSettings(
            8200,
            1,
            "",
            true,
            List.of(),
            "",
            Duration.ofSeconds(1),
            false,
            false,
            List.of(),
            List.of(),
            "",
            0,
            SplitSettings.DEFAULTS);

    public SidecarSettings {
        inside("dataParallelSize", dataParallelSize, 1, 1024);
        inside("modelServerPort", modelServerPort, 1, MAX_PORT - dataParallelSize + 1);
        inside("decodeChunkSize", decodeChunkSize, 0, Integer.MAX_VALUE);
        if (fileCheckInterval.toMillis() < 1) {
            throw new IllegalArgumentException("fileCheckInterval: " + fileCheckInterval + " (expected: >= 1ms)");
        }
        allowedTargets = List.copyOf(allowedTargets);
        enableTls = List.copyOf(enableTls);
        tlsInsecureSkipVerify = List.copyOf(tlsInsecureSkipVerify);
        legs("enableTls", enableTls, LEGS);
        legs("tlsInsecureSkipVerify", tlsInsecureSkipVerify, enableTls);
        if (podIp.isEmpty() && TOLD_ADDRESS.contains(split.kvConnector())) {
            throw new IllegalArgumentException(
                    "podIp: none (expected: this pod's address, for split.kv-connector=" + split.kvConnector() + ")");
        }
        if (split.lmcache().isNotified()) {
            throw new IllegalArgumentException("split.lmcache.notify-port: "
                    + split.lmcache().notifyPort()
                    + " (expected: 0, as a sender tells one proxy, and each engine has a sidecar)");
        }
        if (!split.isRouters()) {
            throw new IllegalArgumentException("split.mode: sidecar (expected: router, as the sidecar is what splits)");
        }
    }

    /** Tells whether headers may name whose cached blocks are loaded. */
    public boolean usesCacheSources() {
        return split.kvConnector().equals("offloading")
                || (enableP2pPull && split.kvConnector().equals("nixlv2"));
    }

    private static void inside(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }

    private static void legs(String what, List<String> given, List<String> possible) {
        for (String leg : given) {
            if (!possible.contains(leg)) {
                throw new IllegalArgumentException(what + ": " + leg + " (expected: "
                        + (possible.isEmpty() ? "none, as no leg has TLS" : "one of " + possible) + ")");
            }
        }
    }
}
