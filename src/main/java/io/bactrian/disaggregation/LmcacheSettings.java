package io.bactrian.disaggregation;

/**
 * Where LMCache listens beside a decode server, for the prompts that prefill servers push to it.
 *
 * @param initPort port of its first tensor-parallel rank where a sender introduces itself; each other rank has the next. The label
 *     {@code bactrian.io/lmcache-init-port} of a decode endpoint overrides it
 * @param allocPort port of its first tensor-parallel rank where a sender asks for memory; each other rank has the next. The label
 *     {@code bactrian.io/lmcache-alloc-port} of a decode endpoint overrides it
 * @param tpSize tensor-parallel ranks of each server
 * @param notifyHost where this process listens for senders that tell when blocks have arrived ({@code pd_proxy_host} there)
 * @param notifyPort port of that ({@code pd_proxy_port} there); 0 listens for nobody, and takes a prefill server's answer to say so
 */
public record LmcacheSettings(int initPort, int allocPort, int tpSize, String notifyHost, int notifyPort) {
    private static final int MAX_PORT = 65_535;
    private static final int MAX_RANKS = 1024;

    /** The ports of LMCache's examples, one rank. */
    public static final LmcacheSettings DEFAULTS = new LmcacheSettings(7300, 7400, 1, "127.0.0.1", 0);

    public LmcacheSettings {
        inside("tpSize", tpSize, MAX_RANKS);
        inside("initPort", initPort, MAX_PORT - tpSize + 1);
        inside("allocPort", allocPort, MAX_PORT - tpSize + 1);
        if (notifyPort != 0) {
            inside("notifyPort", notifyPort, MAX_PORT);
        }
    }

    /** Tells whether senders tell when blocks have arrived. */
    public boolean isNotified() {
        return notifyPort != 0;
    }

    private static void inside(String what, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: 1 to " + most + ")");
        }
    }
}
