package io.bactrian.disaggregation;

/**
 * Where vLLM's MoRI-IO connector is reached, in write mode.
 *
 * @param notifyPort port of a decode server that is told of written blocks
 * @param handshakePort port of a decode server for the handshake
 * @param prefillNotifyPort port of a prefill server that is told where to write
 * @param prefillHandshakePort port of a prefill server for the handshake
 * @param tpSize tensor-parallel ranks of each server
 * @param dpSize data-parallel ranks of each server
 * @param parallelDispatch whether both servers are asked at once, and the answer is held until the prompt is computed
 */
public record MoriIoSettings(
        int notifyPort,
        int handshakePort,
        int prefillNotifyPort,
        int prefillHandshakePort,
        int tpSize,
        int dpSize,
        boolean parallelDispatch) {
    private static final int MAX_PORT = 65_535;
    private static final int MAX_RANKS = 1024;

    /** The ports of vLLM's connector, one rank, one leg after the other. */
    public static final MoriIoSettings DEFAULTS = new MoriIoSettings(61005, 6301, 61005, 6301, 1, 1, false);

    public MoriIoSettings {
        inside("notifyPort", notifyPort, MAX_PORT);
        inside("handshakePort", handshakePort, MAX_PORT);
        inside("prefillNotifyPort", prefillNotifyPort, MAX_PORT);
        inside("prefillHandshakePort", prefillHandshakePort, MAX_PORT);
        inside("tpSize", tpSize, MAX_RANKS);
        inside("dpSize", dpSize, MAX_RANKS);
    }

    private static void inside(String what, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: 1 to " + most + ")");
        }
    }
}
