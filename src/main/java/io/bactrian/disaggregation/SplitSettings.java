package io.bactrian.disaggregation;

import java.time.Duration;
import java.util.List;

/**
 * How a pool's requests are split between prefill and decode endpoints.
 *
 * @param kvConnector how KV blocks get from one to the other: {@code nixlv2}, {@code shared-storage}, {@code sglang},
 *     {@code mooncake}, {@code offloading}, {@code p2p-nccl}, {@code moriio} or {@code lmcache}
 * @param mode who splits: {@code router}, or {@code sidecar} for one that stands before the decode endpoint and is told by headers
 * @param whenPrefillFailed what becomes of a request whose prefill endpoint failed: {@code retry-next} asks another, then as
 *     when-prefill-unavailable says; {@code decode-only} lets the decode endpoint compute the prompt; {@code fail} answers an error
 * @param whenPrefillUnavailable what becomes of a request that no prefill endpoint is ready for: {@code decode-only} or
 *     {@code fail}
 * @param maxPrefillAttempts prefill endpoints asked at most
 * @param maxFallbacks requests at one decode endpoint at a time that fell back to it after a failed prefill; more are refused, as long
 *     prompts would stall all that generate there
 * @param prefillTimeout how long computing a prompt may take, beside the next
 * @param prefillTimeoutPerThousandTokens what each thousand tokens of the prompt add
 * @param pairTimeout where both endpoints are asked at once, how long after the prompt is computed the answer may take to begin
 * @param kvLease how long a prefill endpoint keeps blocks for another; what was computed longer ago is not asked for
 * @param drainTimeout how long blocks that a client left behind may take to be fetched, so that the prefill endpoint frees them
 * @param sglangBootstrapPort where SGLang's prefill servers meet decode servers; the endpoint label
 *     {@code sglang.ai/bootstrap-port} overrides it
 * @param mooncakeBootstrapPort where vLLM's prefill servers tell the ids of their Mooncake engines; the endpoint label
 *     {@code bactrian.io/mooncake-bootstrap-port} overrides it
 * @param mooncakeQueryTimeout how long that may take
 * @param mooncakeIdsFor how long such ids are believed
 * @param p2pPort first port of vLLM's peer-to-peer offloading; the endpoint label {@code bactrian.io/p2p-port} overrides it
 * @param moriio where MoRI-IO's servers are reached
 * @param lmcache where the LMCache of decode servers is reached
 * @param encode how images, video and sound are encoded
 */
public record SplitSettings(
        String kvConnector,
        String mode,
        String whenPrefillFailed,
        String whenPrefillUnavailable,
        int maxPrefillAttempts,
        int maxFallbacks,
        Duration prefillTimeout,
        Duration prefillTimeoutPerThousandTokens,
        Duration pairTimeout,
        Duration kvLease,
        Duration drainTimeout,
        int sglangBootstrapPort,
        int mooncakeBootstrapPort,
        Duration mooncakeQueryTimeout,
        Duration mooncakeIdsFor,
        int p2pPort,
        MoriIoSettings moriio,
        LmcacheSettings lmcache,
        EncodeSettings encode) {

    private static final String BY_ROUTER = "router";
    private static final String BY_SIDECAR = "sidecar";
    private static final List<String> CONNECTORS =
            List.of("nixlv2", "shared-storage", "sglang", "mooncake", "offloading", "p2p-nccl", "moriio", "lmcache");

    /** The router splits, over NIXL. The lease is vLLM's shortest, less a margin. */
    public static final SplitSettings DEFAULTS = new SplitSettings(
            "nixlv2",
            BY_ROUTER,
            "retry-next",
            "decode-only",
            2,
            8,
            Duration.ofSeconds(60),
            Duration.ofMillis(500),
            Duration.ofSeconds(30),
            Duration.ofSeconds(25),
            Duration.ofSeconds(5),
            8998,
            8998,
            Duration.ofSeconds(5),
            Duration.ofSeconds(60),
            7777,
            MoriIoSettings.DEFAULTS,
            LmcacheSettings.DEFAULTS,
            EncodeSettings.DEFAULTS);

    public SplitSettings {
        oneOf("kvConnector", kvConnector, CONNECTORS);
        oneOf("mode", mode, List.of(BY_ROUTER, BY_SIDECAR));
        oneOf("whenPrefillFailed", whenPrefillFailed, List.of("retry-next", "decode-only", "fail"));
        oneOf("whenPrefillUnavailable", whenPrefillUnavailable, List.of("decode-only", "fail"));
        inside("maxPrefillAttempts", maxPrefillAttempts, 1, 100);
        inside("maxFallbacks", maxFallbacks, 0, Integer.MAX_VALUE);
        positive("prefillTimeout", prefillTimeout);
        positive("pairTimeout", pairTimeout);
        positive("kvLease", kvLease);
        positive("drainTimeout", drainTimeout);
        positive("mooncakeQueryTimeout", mooncakeQueryTimeout);
        positive("mooncakeIdsFor", mooncakeIdsFor);
        inside("sglangBootstrapPort", sglangBootstrapPort, 1, 65_535);
        inside("mooncakeBootstrapPort", mooncakeBootstrapPort, 1, 65_535);
        inside("p2pPort", p2pPort, 1, 65_535);
    }

    /** Tells whether the router splits, and no sidecar. */
    public boolean isRouters() {
        return mode.equals(BY_ROUTER);
    }

    /** Returns these settings with sidecars that split. */
    public SplitSettings bySidecar() {
        return new SplitSettings(
                kvConnector,
                BY_SIDECAR,
                whenPrefillFailed,
                whenPrefillUnavailable,
                maxPrefillAttempts,
                maxFallbacks,
                prefillTimeout,
                prefillTimeoutPerThousandTokens,
                pairTimeout,
                kvLease,
                drainTimeout,
                sglangBootstrapPort,
                mooncakeBootstrapPort,
                mooncakeQueryTimeout,
                mooncakeIdsFor,
                p2pPort,
                moriio,
                lmcache,
                encode);
    }

    /** Returns how long computing a prompt of {@code tokens} may take. */
    public Duration prefillTimeout(int tokens) {
        return prefillTimeout.plus(
                prefillTimeoutPerThousandTokens.multipliedBy(tokens).dividedBy(1000));
    }

    private static void oneOf(String what, String value, List<String> choices) {
        if (!choices.contains(value)) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: one of " + choices + ")");
        }
    }

    private static void inside(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }

    private static void positive(String what, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: > 0)");
        }
    }
}
