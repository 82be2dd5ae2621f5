package io.bactrian.disaggregation;

/**
 * Where LMCache listens beside a decode server, for the prompts that prefill servers push to it.
 *
 * @param initPort port of its first tensor-parallel rank where a sender introduces itself; each other rank has the next. The label
 *     {@code bactrian.io/lmcache-init-port} of a decode endpoint overrides it
 * @param allocPort port of its first tensor-parallel rank where a sender asks for memory; each other rank has the next. The label
 *     {@code bactrian.io/lmcache-alloc-port} of a decode endpoint overrides it
 * @param tpSize tensor-parallel ranks of each server
 */
public record LmcacheSettings(int initPort, int allocPort, int tpSize) {
    private static final int MAX_PORT = 65_535;
    private static final int MAX_RANKS = 1024;

    /** The ports of LMCache's examples, one rank. */
    public static final LmcacheSettings DEFAULTS = new LmcacheSettings(7300, 7400, 1);

    public LmcacheSettings {
        inside("tpSize", tpSize, MAX_RANKS);
        inside("initPort", initPort, MAX_PORT - tpSize + 1);
        inside("allocPort", allocPort, MAX_PORT - tpSize + 1);
    }

    private static void inside(String what, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: 1 to " + most + ")");
        }
    }
}
